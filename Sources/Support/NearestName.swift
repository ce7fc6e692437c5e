/// The known name that a mistyped one most likely means; `nil` when none is near.
///
/// By Damerau and Levenshtein's distance without regard to case: insertions, deletions, substitutions and swaps of
/// neighbours count one each. Near: at most a third of the longer name's letters differ, or one name begins the other.
public func nearestName(to name: String, among known: [String]) -> String? {
  let ranked = known.map { (name: $0, distance: editDistance(name.lowercased(), $0.lowercased())) }
  guard let best = ranked.min(by: { ($0.distance, $0.name.count, $0.name) < ($1.distance, $1.name.count, $1.name) })
  else { return nil }
  if 3 * best.distance <= max(name.count, best.name.count) { return best.name }
  guard name.count >= 3 else { return nil }
  return known.filter { $0.lowercased().hasPrefix(name.lowercased()) }.min { ($0.count, $0) < ($1.count, $1) }
}

private func editDistance(_ left: String, _ right: String) -> Int {
  let a = Array(left)
  let b = Array(right)
  var beforeLast = [Int]()
  var last = Array(0...b.count)
  for i in a.indices {
    var row = [i + 1]
    for j in b.indices {
      var cost = min(row[j] + 1, last[j + 1] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, beforeLast[j - 1] + 1) }
      row.append(cost)
    }
    beforeLast = last
    last = row
  }
  return last[b.count]
}
