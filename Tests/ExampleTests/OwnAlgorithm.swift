import Agents
import Configuration
import SettingDeclarations

/// The page on agents of one's own: a name for settings that are there.
func settingsOfPatientSAC() -> Settings {
  let patient = Algorithm("sac-patient") { ($0.explorationPolicy, $0.trainingPolicy, $0.tau) = (.gaussian, .gaussian, 0.001) }
  let catalogue = AlgorithmCatalogue(AlgorithmCatalogue.standard.algorithms + [patient], groups: [RunSettings.self] + AgentSettings.groups)
  return Settings(environment: "Spring-v0", algorithm: patient, in: catalogue)
}
