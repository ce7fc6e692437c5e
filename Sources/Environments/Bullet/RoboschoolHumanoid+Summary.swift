import Gym

extension RoboschoolHumanoid {
  /// Of the release that Bullet is built from, as Vendor/pins/bullet.txt has it.
  static let pybulletVersion = "3.2.7"

  /// A power times 0.41 as people write it, not as binary fractions round it.
  private func rounded(_ torque: Double) -> ParameterValue { .number((100 * torque).rounded() / 100) }

  /// What the task is made of, for `hpo env show`.
  public var summary: EnvironmentSummary {
    EnvironmentSummary(
      id: specification.id,
      source: "pybullet-gym (Roboschool's humanoid), Bullet of pybullet \(Self.pybulletVersion)",
      modelPath: robotPath,
      controlPeriod: controlPeriod,
      timeLimit: specification.timeLimit,
      observation: observationParts,
      action: HumanoidStage.motorsInActionOrder.map { motor in
        .init(name: motor.joint, unit: "× \(rounded(motor.torque)) N m", low: -1, high: 1)
      },
      reward: rewardParts,
      start: startText,
      termination: terminationText,
      parameters: [])
  }

  private var observationParts: [EnvironmentSummary.Part] {
    let head: [EnvironmentSummary.Element] = [
      .init(name: "torso: height above 0.8 m", unit: "m"),
      .init(name: "target: sine of its direction", unit: "1"),
      .init(name: "target: cosine of its direction", unit: "1"),
      .init(name: "torso: velocity ahead × 0.3", unit: "m/s"),
      .init(name: "torso: velocity to the left × 0.3", unit: "m/s"),
      .init(name: "torso: velocity up × 0.3", unit: "m/s"),
      .init(name: "torso: roll", unit: "rad"),
      .init(name: "torso: pitch", unit: "rad"),
    ]
    let joints = jointNames.flatMap { name -> [EnvironmentSummary.Element] in
      [
        .init(name: "\(name): position between its limits", unit: "−1…1"),
        .init(name: "\(name): velocity × 0.1", unit: "rad/s"),
      ]
    }
    let feet = ["right", "left"].map { side in
      EnvironmentSummary.Element(name: "\(side) foot: touches the floor", unit: "0 or 1")
    }
    var start = 0
    return [
      ("torso", "height, direction of the target, velocity and attitude", head),
      ("joints", "position and velocity of every joint", joints),
      ("feet", "contacts as of the step before", feet),
    ].map { name, meaning, elements in
      defer { start += elements.count }
      return .init(
        name: name, meaning: "\(meaning), clipped to −5…5",
        range: start..<start + elements.count, elements: elements)
    }
  }

  private var rewardParts: [EnvironmentSummary.Term] {
    let alive =
      variant.isHarder
      ? "1 + min(torso height, 0.8 m) / 0.8 m; −1 after 170 frames down" : "+ 2 above 0.78 m, else −1"
    let progress =
      variant.isHarder
      ? "approach to the flag while up (m/s) + 100 × gain in height bonus"
      : "approach to the \(variant.chasesFlag ? "flag" : "point 1 km ahead") (m/s)"
    return [
      .init(name: "alive", formula: alive),
      .init(name: "progress", formula: progress),
      .init(name: "electricity", formula: "− 8.5 × mean |action × joint velocity × 0.1| − 0.425 × mean action²"),
      .init(name: "joints at limit", formula: "− 0.1 × joints within 1% of their range's ends"),
      .init(name: "feet collision", formula: "0, as in the reference"),
    ]
  }

  private var startText: String {
    "upright at 1.4 m, each joint at uniform(−0.1, 0.1) rad"
      + (variant.chasesFlag ? "; a flag anywhere in 26.25 m × 12.5 m, another when reached or after 150 steps" : "")
      + (variant.isHarder ? "; from step 120 a cube is thrown at the robot every 30 steps while it is up" : "")
  }

  private var terminationText: String {
    variant.isHarder
      ? "when the torso has been below 0.8 m for 170 frames more than above it" : "when the torso is at 0.78 m or lower"
  }
}
