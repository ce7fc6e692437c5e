import Environments
import Filming
import HPOCommands
import Rendering

Program(environments: EnvironmentCatalog.registry, drawing: .mujoco).main()
