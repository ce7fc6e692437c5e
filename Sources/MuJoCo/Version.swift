import CMuJoCo

/// The MuJoCo library that is loaded, as it names itself: `3.17.0`.
public var mujocoVersion: String { String(cString: mj_versionString()) }
