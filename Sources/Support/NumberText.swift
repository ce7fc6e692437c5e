/// Numbers as people and other programs write them: one rule for settings files, flags and environments' parameters.
///
/// Read is what YAML 1.1 and 1.2, Python and Swift write: `1e3`, `1_000`, `.5`, `+1`, `.inf`, `.INF`, `-inf`, `Infinity`, `.nan`.
public enum NumberText {
  /// The number that a text stands for; `nil` where it stands for none.
  public static func double(_ text: some StringProtocol) -> Double? {
    let word = trimmed(text)
    let isNegative = word.hasPrefix("-")
    let magnitude = word.hasPrefix("-") || word.hasPrefix("+") ? word.dropFirst() : word[...]
    switch magnitude.lowercased() {
    case ".inf", "inf", "infinity": return isNegative ? -.infinity : .infinity
    case ".nan", "nan": return magnitude.count == word.count ? .nan : nil
    default: break
    }
    guard let digits = ungrouped(magnitude), digits.utf8.allSatisfy({ isDecimal($0) }), let first = digits.utf8.first,
      first != UInt8(ascii: "+"), first != UInt8(ascii: "-")
    else { return nil }
    // YAML has `.5` and `5.`; Swift wants a digit on both sides.
    let parts = digits.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    var complete = String(digits)
    if parts.count == 2 {
      let fraction = parts[1].first.map { $0.isNumber } == true ? String(parts[1]) : "0" + parts[1]
      guard !(parts[0].isEmpty && parts[1].first?.isNumber != true) else { return nil }
      complete = (parts[0].isEmpty ? "0" : parts[0]) + "." + fraction
    }
    return Double(complete).map { isNegative ? -$0 : $0 }
  }

  /// The whole number that a text stands for, `1e6` and `5.0` included; `nil` where it stands for none, or one too large.
  public static func integer(_ text: some StringProtocol) -> Int? {
    let word = trimmed(text)
    let magnitude = word.hasPrefix("-") || word.hasPrefix("+") ? word.dropFirst() : word[...]
    // Straight from the digits: a Double holds 53 bits.
    if let digits = ungrouped(magnitude), digits.utf8.allSatisfy({ (48...57).contains($0) }) {
      return Int((word.hasPrefix("-") ? "-" : "") + digits)
    }
    return double(word).flatMap { Int(exactly: $0) }
  }

  /// A number as YAML 1.1 and 1.2 readers take it back for a number, and to the last bit: `1.0e-05`, `.inf`, where Swift has `1e-05`, `inf`.
  public static func yaml(_ value: Double) -> String {
    if value.isNaN { return ".nan" }
    if value.isInfinite { return value < 0 ? "-.inf" : ".inf" }
    let text = "\(value)"
    guard let exponent = text.firstIndex(of: "e"), !text.contains(".") else { return text }
    return text[..<exponent] + ".0" + text[exponent...]
  }

  private static func trimmed(_ text: some StringProtocol) -> Substring {
    var word = Substring(String(text))
    while word.first?.isWhitespace == true { word.removeFirst() }
    while word.last?.isWhitespace == true { word.removeLast() }
    return word
  }

  /// Without the underscores that group digits; `nil` where one is not between digits.
  private static func ungrouped(_ text: Substring) -> Substring? {
    guard text.contains("_") else { return text }
    let bytes = Array(text.utf8)
    for index in bytes.indices where bytes[index] == UInt8(ascii: "_") {
      guard index > 0, index + 1 < bytes.count, isDigitOrUnderscore(bytes[index - 1]), isDigitOrUnderscore(bytes[index + 1]) else {
        return nil
      }
    }
    return Substring(text.filter { $0 != "_" })
  }

  private static func isDigitOrUnderscore(_ byte: UInt8) -> Bool { (48...57).contains(byte) || byte == UInt8(ascii: "_") }

  private static func isDecimal(_ byte: UInt8) -> Bool {
    (48...57).contains(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E")
      || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")
  }
}
