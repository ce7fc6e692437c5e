// swift-tools-version: 6.3
import PackageDescription

// Set-up (`make setup`) fetches MuJoCo into Vendor/ and writes Vendor/pkgconfig/*.pc; the Makefile puts that folder
// on PKG_CONFIG_PATH. SwiftPM drops -rpath from .pc files, so it is given here. A program to be installed finds its libraries from where
// it is itself, and by the old kind of tag, which holds for the libraries of libraries too.
let libraryFolder =
  Context.environment["HPO_INSTALLED"] == "1"
  ? ["-rpath", "$ORIGIN/../lib/hpo", "--disable-new-dtags"] : ["-rpath", "\(Context.packageDirectory)/Vendor/mujoco/lib"]
let vendoredLibraries: [LinkerSetting] = [.unsafeFlags(libraryFolder.flatMap { ["-Xlinker", $0] })]

let package = Package(
  name: "HamiltonianPolicy",
  products: [
    .executable(name: "hpo", targets: ["hpo"]),
    // For packages with environments and agents of their own: needs Swift, OpenBLAS and HDF5, no simulator.
    .library(
      name: "HamiltonianPolicy",
      targets: [
        "Gym", "NeuralNetworks", "Experience", "Agents", "SettingDeclarations", "Configuration", "Records", "Training", "Interchange",
        "HPOCommands",
      ]),
    // The tasks in MuJoCo and Bullet: its users have MuJoCo as `make setup` puts it up.
    .library(name: "Environments", targets: ["Environments"]),
    // Preloaded into hpo by tests; a product of its own, because nothing may be linked with it.
    .library(name: "FaultInjection", type: .dynamic, targets: ["FaultInjection"]),
  ],
  dependencies: [
    // Exactly these: a newer one may round otherwise, and Package.resolved is each machine's own.
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/apple/swift-numerics", exact: "1.1.1"),
    .package(url: "https://github.com/apple/swift-system", exact: "1.8.1"),
    .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
  ],
  targets: [
    // C libraries: a module map and a shim each, nothing else.
    .systemLibrary(name: "CMuJoCo", pkgConfig: "mujoco"),
    .systemLibrary(name: "CHDF5", pkgConfig: "hdf5", providers: [.apt(["libhdf5-dev"])]),
    .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    // Films as animated PNGs; HDF5 brings it along.
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .target(name: "CProcessor"),
    .target(name: "CBuildInfo"),
    // What a program does before the libraries that it is linked with are initialized.
    .target(name: "CStartUp"),
    // Inner loops that are compiled for several instruction sets, of which the program takes the best that the machine has.
    .target(name: "CKernels", exclude: ["README.md"]),
    // Bullet is loaded at run time: this one declares what it uses and finds it, so only its users have to build Bullet.
    .target(name: "CBullet", linkerSettings: [.linkedLibrary("dl", .when(platforms: [.linux]))]),

    // Graphics libraries are loaded when a picture or a window is wanted: training never touches one.
    .target(name: "CEGL", linkerSettings: [.linkedLibrary("dl", .when(platforms: [.linux]))]),
    .target(name: "CGLFW", linkerSettings: [.linkedLibrary("dl", .when(platforms: [.linux]))]),

    // MuJoCo's error handler may not return: setjmp and longjmp around the calls that can fail, in C of our own.
    .target(name: "CMuJoCoGuard", dependencies: ["CMuJoCo"]),

    // Their Swift wrappers: no one else imports a C target.
    .target(name: "MuJoCo", dependencies: ["CMuJoCo", "CMuJoCoGuard", "Support"], linkerSettings: vendoredLibraries),
    .target(name: "Bullet", dependencies: ["CBullet", "Support"]),
    .target(name: "HDF5", dependencies: ["CHDF5", "Support"]),
    .target(
      name: "LinearAlgebra",
      dependencies: ["COpenBLAS", "CProcessor", "CKernels", "Random", "Support", .product(name: "RealModule", package: "swift-numerics")]),

    // What every room may use.
    .target(name: "Support", dependencies: ["CStartUp", .product(name: "SystemPackage", package: "swift-system")]),
    .target(name: "SettingDeclarations", dependencies: ["Support"]),
    .target(name: "Random"),
    .target(name: "Gym", dependencies: ["Support"]),

    // Tasks know simulators but no networks; agents know networks but no simulators; they meet in Training.
    .target(name: "Environments", dependencies: ["Gym", "MuJoCo", "Bullet", "Random", "Support"]),
    // Films know no simulator: who draws is handed in.
    .target(name: "Filming", dependencies: ["CZlib", "Gym", "HDF5", "Random", "Support"]),
    .target(name: "Rendering", dependencies: ["CEGL", "CGLFW", "Environments", "Filming", "Gym", "MuJoCo", "Support"]),
    .target(name: "NeuralNetworks", dependencies: ["LinearAlgebra", "Random"]),
    .target(name: "Experience", dependencies: ["LinearAlgebra", "Random", "Support"]),
    .target(name: "Agents", dependencies: ["Experience", "LinearAlgebra", "NeuralNetworks", "Random", "SettingDeclarations", "Support"]),
    .target(
      name: "Configuration",
      dependencies: [
        "Agents", "Gym", "SettingDeclarations", "Support", .product(name: "SystemPackage", package: "swift-system"),
        .product(name: "Yams", package: "Yams"),
      ]),
    // All that knows the layout of a run's files.
    .target(
      name: "Records",
      dependencies: [
        "Agents", "CBuildInfo", "Configuration", "Experience", "Gym", "HDF5", "LinearAlgebra", "NeuralNetworks", "Random",
        "SettingDeclarations", "Support",
      ]),
    .target(
      name: "Training",
      dependencies: [
        "Agents", "Configuration", "Experience", "Gym", "HDF5", "LinearAlgebra", "NeuralNetworks", "Random", "Records",
        "SettingDeclarations", "Support",
      ]),
    .target(
      name: "Interchange",
      dependencies: [
        "Agents", "Configuration", "Experience", "Gym", "HDF5", "LinearAlgebra", "Random", "Records", "SettingDeclarations", "Support",
        "Training",
      ]),
    .target(
      name: "Benchmarks",
      dependencies: [
        "Agents", "Configuration", "Experience", "Gym", "HDF5", "LinearAlgebra", "NeuralNetworks", "Random", "Records", "Support", "Training",
      ]),
    // Many runs: plans, a machine's or a cluster's worth of processes, and what their files say.
    .target(
      name: "Experiments",
      dependencies: [
        "CStartUp", "Configuration", "Experience", "Gym", "HDF5", "LinearAlgebra", "Records", "Support", "Training",
        .product(name: "Yams", package: "Yams"),
      ]),
    // Every command, for whatever environments and algorithms are handed in.
    .target(
      name: "HPOCommands",
      dependencies: [
        "Benchmarks", "CStartUp", "Configuration", "Experiments", "Filming", "Gym", "Interchange", "LinearAlgebra", "Random", "Records",
        "SettingDeclarations", "Support", "Training", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .executableTarget(name: "hpo", dependencies: ["Environments", "Filming", "HPOCommands", "Rendering"], linkerSettings: vendoredLibraries),

    .target(name: "TestSupport", dependencies: ["LinearAlgebra", "Random", "Gym", "HDF5"], path: "Tests/TestSupport"),
    .target(
      name: "FaultInjection", path: "Tests/FaultInjection", linkerSettings: [.linkedLibrary("dl", .when(platforms: [.linux]))]),
    .target(name: "CAllocationCounter", path: "Tests/CAllocationCounter"),
    .testTarget(name: "LinearAlgebraTests", dependencies: ["CKernels", "LinearAlgebra", "Random", "Support"]),
    .testTarget(name: "NeuralNetworksTests", dependencies: ["LinearAlgebra", "NeuralNetworks", "Random", "TestSupport"]),
    .testTarget(
      name: "AgentsTests",
      dependencies: ["Agents", "Experience", "Gym", "LinearAlgebra", "NeuralNetworks", "Random", "SettingDeclarations", "Support", "TestSupport"]),
    .testTarget(name: "ExperienceTests", dependencies: ["Experience", "LinearAlgebra", "Random"]),
    .testTarget(name: "SupportTests", dependencies: ["Support"]),
    .testTarget(name: "RandomTests", dependencies: ["Random"]),
    .testTarget(name: "MuJoCoTests", dependencies: ["MuJoCo"]),
    .testTarget(
      name: "BulletTests", dependencies: ["Bullet", "Environments", "Gym", "HDF5", "Random"], exclude: ["Fixtures"]),
    .testTarget(name: "HDF5Tests", dependencies: ["HDF5", "CHDF5"]),
    .testTarget(name: "GymTests", dependencies: ["Gym"]),
    .testTarget(
      name: "EnvironmentsTests", dependencies: ["Environments", "Gym", "HDF5", "MuJoCo", "Random", "Support"], exclude: ["Fixtures", "Recorder"]),
    .testTarget(
      name: "ConfigurationTests",
      dependencies: [
        "Configuration", "Agents", "Environments", "Gym", "Random", "SettingDeclarations", "Support", "TestSupport",
      ],
      exclude: ["defaults-0.1.txt"]),
    .target(name: "CGraphicsDeclarations", dependencies: ["CEGL", "CGLFW"], path: "Tests/CGraphicsDeclarations"),
    .testTarget(
      name: "RenderingTests",
      dependencies: [
        "CGraphicsDeclarations", "CZlib", "Environments", "Filming", "Gym", "MuJoCo", "Random", "Rendering", "TestSupport",
      ],
      exclude: ["Fixtures"]),
    // Pages are what it says they are: their commands run, their Swift is compiled, their tables are the code's.
    .testTarget(name: "DocumentationTests", dependencies: ["hpo", "TestSupport"], exclude: ["first-hour.sh"]),
    .testTarget(
      name: "ExampleTests",
      dependencies: ["Agents", "Configuration", "Filming", "Gym", "Random", "Records", "SettingDeclarations", "Training", "TestSupport"]),
    .testTarget(
      name: "ExperimentsTests",
      dependencies: ["Configuration", "Environments", "Experiments", "Gym", "Records", "Support", "Training", "TestSupport"]),
    .testTarget(
      name: "CommandLineTests",
      dependencies: ["hpo", "Configuration", "Environments", "Experiments", "HDF5", "Records", "Support", "Training", "TestSupport"]),
    .testTarget(
      name: "TrainingTests",
      dependencies: [
        "Training", "Agents", "Benchmarks", "Configuration", "Environments", "Experience", "Gym", "HDF5", "Interchange", "LinearAlgebra",
        "NeuralNetworks", "Random", "Records", "SettingDeclarations", "Support", "TestSupport", "CAllocationCounter",
      ],
      exclude: ["Fixtures"]),
  ]
)

// What is used is imported where it is used: the graph above is what the sources say.
let cTargets: Set = ["CEGL", "CGLFW", "CProcessor", "CKernels", "CBuildInfo", "CStartUp", "CBullet", "CMuJoCoGuard"]
for target in package.targets where target.type == .regular && target.path == nil && !cTargets.contains(target.name) {
  target.swiftSettings = [.enableUpcomingFeature("MemberImportVisibility")]
}
