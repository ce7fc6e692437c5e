// swift-tools-version: 6.3
import PackageDescription

let package = Package(
  name: "own-environment",
  dependencies: [
    .package(name: "HamiltonianPolicy", path: "../..")
  ],
  targets: [
    .executableTarget(name: "spring", dependencies: [.product(name: "HamiltonianPolicy", package: "HamiltonianPolicy")])
  ]
)
