// swift-tools-version: 6.2
import PackageDescription

// Set-up (`make setup`) fetches MuJoCo into Vendor/ and writes Vendor/pkgconfig/*.pc; the Makefile puts that folder
// on PKG_CONFIG_PATH. SwiftPM drops -rpath from .pc files, so it is given here.
let vendoredLibraries: [LinkerSetting] = [
  .unsafeFlags(["-Xlinker", "-rpath", "-Xlinker", "\(Context.packageDirectory)/Vendor/mujoco/lib"])
]

let package = Package(
  name: "HamiltonianPolicy",
  products: [
    .executable(name: "hpo", targets: ["hpo"]),
    .library(name: "HamiltonianPolicy", targets: ["Gym", "Environments", "NeuralNetworks", "Agents", "Training"]),
    // Preloaded into hpo by tests; a product of its own, because nothing may be linked with it.
    .library(name: "FaultInjection", type: .dynamic, targets: ["FaultInjection"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-numerics", from: "1.1.1"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    // C libraries: a module map and a shim each, nothing else.
    .systemLibrary(name: "CMuJoCo", pkgConfig: "mujoco"),
    .systemLibrary(name: "CHDF5", pkgConfig: "hdf5", providers: [.apt(["libhdf5-dev"])]),
    .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .target(name: "CProcessor"),
    // Inner loops that are compiled for several instruction sets, of which the program takes the best that the machine has.
    .target(name: "CKernels", exclude: ["README.md"]),
    // Bullet is loaded at run time: this one declares what it uses and finds it, so only its users have to build Bullet.
    .target(name: "CBullet", linkerSettings: [.linkedLibrary("dl", .when(platforms: [.linux]))]),

    // MuJoCo's error handler may not return: setjmp and longjmp around the calls that can fail, in C of our own.
    .target(name: "CMuJoCoGuard", dependencies: ["CMuJoCo"]),

    // Their Swift wrappers: no one else imports a C target.
    .target(name: "MuJoCo", dependencies: ["CMuJoCo", "CMuJoCoGuard"], linkerSettings: vendoredLibraries),
    .target(name: "Bullet", dependencies: ["CBullet"]),
    .target(name: "HDF5", dependencies: ["CHDF5"]),
    .target(
      name: "LinearAlgebra",
      dependencies: ["COpenBLAS", "CProcessor", "CKernels", "Random", .product(name: "RealModule", package: "swift-numerics")]),

    // Abstractions that depend on nothing.
    .target(name: "Random"),
    .target(name: "Gym"),

    // Tasks know simulators but no networks; agents know networks but no simulators; they meet in Training.
    .target(name: "Environments", dependencies: ["Gym", "MuJoCo", "Bullet", "Random"]),
    .target(name: "NeuralNetworks", dependencies: ["LinearAlgebra", "Random"]),
    .target(name: "Experience", dependencies: ["LinearAlgebra", "Random", "HDF5"]),
    .target(name: "Agents", dependencies: ["NeuralNetworks", "Experience", "Random"]),
    .target(
      name: "Training",
      dependencies: [
        "Gym", "Environments", "Agents", "Experience", "HDF5", "Random", .product(name: "Yams", package: "Yams"),
      ]),
    .executableTarget(
      name: "hpo",
      dependencies: [
        "Training", "Environments", "LinearAlgebra", "MuJoCo", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      linkerSettings: vendoredLibraries),

    .target(name: "TestSupport", dependencies: ["LinearAlgebra", "Random", "Gym", "HDF5"], path: "Tests/TestSupport"),
    .target(
      name: "FaultInjection", path: "Tests/FaultInjection", linkerSettings: [.linkedLibrary("dl", .when(platforms: [.linux]))]),
    .target(name: "CAllocationCounter", path: "Tests/CAllocationCounter"),
    .testTarget(name: "LinearAlgebraTests", dependencies: ["LinearAlgebra", "CKernels", "Random"]),
    .testTarget(name: "NeuralNetworksTests", dependencies: ["NeuralNetworks", "TestSupport"]),
    .testTarget(name: "AgentsTests", dependencies: ["Agents", "Experience", "TestSupport"]),
    .testTarget(name: "ExperienceTests", dependencies: ["Experience"]),
    .testTarget(name: "RandomTests", dependencies: ["Random"]),
    .testTarget(name: "MuJoCoTests", dependencies: ["MuJoCo"]),
    .testTarget(
      name: "BulletTests", dependencies: ["Bullet", "Environments", "HDF5", "Random"], exclude: ["Fixtures"]),
    .testTarget(name: "HDF5Tests", dependencies: ["HDF5", "CHDF5"]),
    .testTarget(name: "EnvironmentsTests", dependencies: ["Environments", "HDF5"], exclude: ["Fixtures", "Recorder"]),
    .testTarget(name: "ExampleTests", dependencies: ["Gym", "Training", "TestSupport"]),
    .testTarget(name: "CommandLineTests", dependencies: ["hpo", "Environments", "HDF5", "TestSupport"]),
    .testTarget(
      name: "TrainingTests",
      dependencies: ["Training", "Gym", "Environments", "Experience", "HDF5", "TestSupport", "CAllocationCounter"]),
  ]
)
