import Environments
import HPOCommands

Program(environments: EnvironmentCatalog.registry).main()
