import Gym
import HPOCommands

Program(environments: EnvironmentRegistry([.init("Spring-v0", aliases: ["Spring"]) { _ in Spring() }])).main()
