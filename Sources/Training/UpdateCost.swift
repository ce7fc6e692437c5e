import Agents

/// How many floating-point operations the matrix products of one update need: the floor that its speed is measured against. Counted
/// are the products that the algorithm needs, each once, not what a program happens to do.
package enum UpdateCost {
  /// Multiplications and additions, each counted.
  package static func operations(_ settings: AgentSettings) -> Double {
    let n = Double(settings.observationSize), d = Double(settings.actionSize)
    let h = Double(settings.hiddenSize), layers = Double(settings.policyHiddenLayers)
    let outputs = settings.usesFlow && settings.flowStd == .shared ? d : 2 * d

    // Products per row: a layer of i inputs and o outputs costs i·o forward, i·o for its weights' gradient, i·o for its inputs'.
    let policyForward = n * h + (layers - 1) * h * h + h * outputs
    let policyBackward = policyForward + (layers - 1) * h * h + h * outputs
    let criticForward = (n + d) * h + h * h + h
    let criticBackward = criticForward + h * h + h

    let costCritics: Double = settings.safety == nil ? 0 : 1
    var perRow = 2 * policyForward + policyBackward
    perRow += (2 + costCritics) * (criticForward + criticBackward)
    if settings.trainingPolicy.isEvolved {
      // The state's share of each first layer once, the action's at every evaluation; one critic's gradient per row.
      let evaluations = Double(settings.leapfrogSteps + 1)
      let evaluation = (2 + costCritics) * (d * h + h * h + h) + (1 + costCritics) * (h * h + d * h)
      perRow += 2 * ((2 + costCritics) * n * h + evaluations * evaluation)
      if settings.trainingPolicy == .proposed {
        let hidden = Double(settings.leapfrogHiddenSize)
        let state = settings.leapfrogStateInput ? n * hidden : 0
        let network = 2 * d * hidden + hidden * d
        // Forward twice; backward once: weights' and inputs' gradients.
        perRow += 2 * (2 * (state + evaluations * network) + state + evaluations * 2 * network)
      }
      // The value in y comes with the last evaluation when the leapfrog climbs the target critics.
      if settings.hamiltonianCritic == .online { perRow += (2 + costCritics) * criticForward }
    } else {
      perRow += (2 + costCritics) * criticForward  // y
      perRow += (2 + costCritics) * criticForward + (1 + costCritics) * (h * h + d * h)  // Q(s, a) and its gradient
    }
    return 2 * Double(settings.batchSize) * perRow
  }
}
