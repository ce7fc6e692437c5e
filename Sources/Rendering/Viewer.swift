import CGLFW
import Environments
import Filming
import Foundation
import Gym
import MuJoCo

/// A window on a performance: the camera in the viewer's hand, time too.
public final class Viewer {
  private let performance: Performance
  private let newest: (() throws -> Performer?)?
  private let window: Window
  private let id: String
  private let stage: Stage
  /// Ended by hand: the window's OpenGL has to be current then.
  private var context: RenderContext?

  private var isPaused = false
  /// Of time: 1 is the task's own.
  private var speed = 1.0
  private var showsHelp = false
  /// What came of the last look for newer networks.
  private var news: String?
  /// When the next step is due, and when the last look for newer networks was.
  private var nextStep = ContinuousClock.now
  private var nextFrame = ContinuousClock.now
  private var lastLook = ContinuousClock.now

  /// What is shown.
  private enum Stage {
    case scene(any PosedEnvironment, VisualScene)
    /// Shown by the context of an empty scene.
    case selfPortrait(SelfPortrait, VisualScene)

    var scene: VisualScene {
      switch self {
      case .scene(_, let scene), .selfPortrait(_, let scene): scene
      }
    }
  }

  /// Opens the window.
  /// - Parameters:
  ///   - width, height: to begin with, in screen units.
  ///   - newest: asked every second for who shall take over from the next episode on; `nil`: nobody new.
  /// - Throws: `RenderingError`, and what the environment's model throws.
  public init(
    _ performance: Performance, camera: String? = nil, width: Int = 960, height: Int = 720,
    newest: (() throws -> Performer?)? = nil
  ) throws {
    self.performance = performance
    self.newest = newest
    let environment = performance.environment.environment
    let id = environment.specification.id
    switch environment {
    case let environment as any PosedEnvironment:
      let scene = try VisualScene(try environment.visualModel(), width: 16, height: 16, viewpoint: environment.viewpoint)
      try scene.choose(camera, environment: environment)
      stage = .scene(environment, scene)
    case let environment as any DrawableEnvironment:
      stage = .selfPortrait(
        try SelfPortrait(of: environment, camera: camera), try VisualScene(try ModelSpecification().compile(), width: 16, height: 16))
    default:
      throw RenderingError.notDrawable(environment: id)
    }
    window = try Window(title: "\(id) - hpo", width: width, height: height)
    self.id = id
    let fontScale = min(max(50 * Int((2 * window.contentScale).rounded()), 50), 300)
    context = try window.withCurrent { try drawing { try RenderContext(stage.scene, fontScale: fontScale) } }
  }

  deinit { window.withCurrent { context = nil } }

  /// Plays until the window is closed.
  /// - Throws: what the environment and the performer throw.
  public func run() throws {
    try beginEpisode()
    try draw()
    while !window.shouldClose {
      var isStale = false
      for event in window.wait(secondsToWait) {
        if case .key(let key) = event, [Int(glfw_key_q), Int(glfw_key_escape)].contains(key) { return }
        try handle(event)
        isStale = true
      }
      if try play() { isStale = true }
      guard isStale else { continue }
      try draw()
      window.title = title
    }
  }

  // MARK: Time

  private static let longestFrame = Duration.milliseconds(100)
  /// Sixty pictures a second are as good as more.
  private static let shortestFrame = Duration.seconds(1) / 60
  /// How long an episode's end stays to be seen.
  private static let encore = Duration.seconds(1)

  private var stepDuration: Duration {
    let period =
      switch stage {
      case .scene(let environment, _): environment.controlPeriod
      case .selfPortrait(let portrait, _): portrait.controlPeriod
      }
    return .seconds(period / speed)
  }

  private var secondsToWait: Double {
    // Paused, there is nothing to do but to listen; what is looked for every second can wait as long.
    let wait = isPaused ? Duration.seconds(1) : min(ContinuousClock.now.duration(to: max(nextStep, nextFrame)), .seconds(1))
    return Double(wait.components.seconds) + Double(wait.components.attoseconds) * 1e-18
  }

  /// Does what is due.
  /// - Returns: whether there is something new to see.
  private func play() throws -> Bool {
    let seesNews = lookForNewest()
    guard !isPaused else { return seesNews }
    let now = ContinuousClock.now
    // Who cannot keep up is slow, rather than ever further behind.
    if nextStep.duration(to: now) > Self.longestFrame { nextStep = now - Self.longestFrame }
    var moved = false
    while nextStep <= now {
      try advance()
      moved = true
    }
    return moved || seesNews
  }

  private func advance() throws {
    if performance.ending != nil { return try beginEpisode() }
    try performance.advance()
    nextStep += performance.ending == nil ? stepDuration : Self.encore
  }

  private func beginEpisode() throws {
    try performance.beginEpisode()
    news = nil
    nextStep = ContinuousClock.now + stepDuration
  }

  /// A run that is still training has newer networks from time to time.
  private func lookForNewest() -> Bool {
    guard let newest, lastLook.duration(to: .now) >= .seconds(1) else { return false }
    lastLook = .now
    do {
      guard let next = try newest() else { return false }
      performance.successor = next
      news = "next episode: \(next.name)"
    } catch {
      news = "no newer networks: \(error)"
    }
    return true
  }

  // MARK: Hands

  private func handle(_ event: Window.Event) throws {
    switch event {
    case .drag(.left, let moved): stage.scene.moveCamera(.orbit, moved.x, moved.y)
    case .drag(.right, let moved): stage.scene.moveCamera(.move, moved.x, moved.y)
    case .scroll(let notches): stage.scene.moveCamera(.zoom, 0, 0.05 * notches)  // the wheel away from the hand: closer
    case .exposed: break
    case .key(let key): try press(key)
    }
  }

  private func press(_ key: Int) throws {
    switch key {
    case Int(glfw_key_space):
      isPaused.toggle()
      nextStep = .now
    case Int(glfw_key_right), Int(glfw_key_period):
      isPaused = true
      try advance()
    case Int(glfw_key_n): try beginEpisode()
    case Int(glfw_key_minus), Int(glfw_key_keypad_subtract), Int(glfw_key_down): speed = max(speed / 2, 1.0 / 64)
    case Int(glfw_key_equal), Int(glfw_key_keypad_add), Int(glfw_key_up): speed = min(speed * 2, 64)
    case Int(glfw_key_c): stage.scene.lookThroughNextCamera()
    case Int(glfw_key_h): showsHelp.toggle()
    default: break
    }
  }

  // MARK: Drawing

  private func draw() throws {
    let (width, height) = window.size
    guard width > 0, height > 0 else { return }  // minimized
    nextFrame = .now + Self.shortestFrame
    let overlay = RenderContext.Overlay(topLeft: facts, bottomLeft: showsHelp ? Self.help : [("h", "help")])
    switch stage {
    case .scene(let environment, let scene):
      try scene.show(try environment.pose())
      try window.withCurrent {
        try drawing {
          try context?.drawWindow(scene, width: width, height: height, overlay: overlay)
        }
        window.present()
      }
    case .selfPortrait(let portrait, _):
      var picture = Picture(width: width, height: height)
      try portrait.draw(into: &picture, caption: nil)
      var rows = picture.bytes
      picture.copyRowsFromBelow(into: &rows)
      try window.withCurrent {
        try drawing {
          try context?.drawWindow(
            rows, pictureWidth: width, pictureHeight: height, width: width, height: height, overlay: overlay)
        }
        window.present()
      }
    }
  }

  /// Of the window; changes rarely while time goes on.
  private var title: String {
    let (episode, step) = (performance.episode, performance.step)
    return isPaused ? "\(id) (\(performance.performer.name)), episode \(episode), step \(step), paused - hpo" : "\(id) - hpo"
  }

  private var facts: [(String, String)] {
    var facts = [
      ("environment", id), ("policy", performance.performer.name),
      ("episode", "\(performance.episode)"), ("step", "\(performance.step)"),
      ("return", String(format: "%.2f", performance.totalReward)), ("time", isPaused ? "\(timeScale), paused" : timeScale),
    ]
    switch performance.ending {
    case .terminated: facts.append(("ended", "terminated"))
    case .truncated: facts.append(("ended", "time limit"))
    case nil: break
    }
    if let news { facts.append(("newest", String(news.prefix(80)))) }
    return facts
  }

  private var timeScale: String { speed < 1 ? "1/\(Int(1 / speed))" : "\(Int(speed))x" }

  /// MuJoCo's letters are ASCII's.
  private static let help = [
    ("space", "pause, go on"), ("right", "one step"), ("- +", "slower, faster"), ("n", "next episode"),
    ("c", "next camera"), ("left drag", "turn the camera"), ("right drag", "move it"), ("wheel", "zoom"),
    ("h", "hide this"), ("q", "quit"),
  ]
}
