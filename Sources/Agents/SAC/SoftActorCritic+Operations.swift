extension SoftActorCritic {
  public static func operationsPerUpdate(_ settings: AgentSettings) -> Double {
    let n = Double(settings.observationSize), d = Double(settings.actionSize)
    let h = Double(settings.hiddenSize), layers = Double(settings.policyHiddenLayers)
    // Of a critic's hidden layers after the first.
    let deeper = Double(settings.criticHiddenLayers - 1) * h * h
    let outputs = settings.usesFlow && settings.flowStd == .shared ? d : 2 * d

    // Products per row: a layer of i inputs and o outputs costs i·o forward, i·o for its weights' gradient, i·o for its inputs'.
    let policyForward = n * h + (layers - 1) * h * h + h * outputs
    let policyBackward = policyForward + (layers - 1) * h * h + h * outputs
    let criticForward = (n + d) * h + deeper + h
    let criticBackward = criticForward + deeper + h

    let costCritics: Double = settings.costConstraint == nil ? 0 : 1
    var perRow = 2 * policyForward + policyBackward
    perRow += (2 + costCritics) * (criticForward + criticBackward)
    if settings.trainingPolicy.isEvolved {
      // The state's share of each first layer once, the action's at every evaluation; one critic's gradient per row.
      let evaluations = Double(settings.leapfrogSteps + 1)
      let evaluation = (2 + costCritics) * (d * h + deeper + h) + (1 + costCritics) * (deeper + d * h)
      perRow += 2 * ((2 + costCritics) * n * h + evaluations * evaluation)
      if settings.trainingPolicy == .proposed {
        let hidden = Double(settings.leapfrogHiddenSize)
        let state = settings.leapfrogStateInput ? n * hidden : 0
        let network = 2 * d * hidden + hidden * d
        // Forward twice; backward once: weights' and inputs' gradients, but for g's, which is held constant.
        perRow += 2 * (2 * (state + evaluations * network) + state + evaluations * (2 * network - d * hidden))
      }
      // The value in y comes with the last evaluation when the leapfrog climbs the target critics.
      if settings.hamiltonianCritic == .online { perRow += (2 + costCritics) * criticForward }
    } else {
      perRow += (2 + costCritics) * criticForward  // y
      perRow += (2 + costCritics) * criticForward + (1 + costCritics) * (deeper + d * h)  // Q(s, a) and its gradient
    }
    return 2 * Double(settings.batchSize) * perRow
  }

  public static func layerShapes(_ settings: AgentSettings) -> [(layer: String, shape: [Int?])] {
    ActorCriticNetworks<S>.layerShapes(settings)
  }
}
