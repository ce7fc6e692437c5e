// The part of Bullet's C API (its PhysicsClientC_API.h) that the `Bullet` module uses, declared here rather than
// included: Bullet is loaded at run time, so a package that never runs its tasks needs neither its headers nor its
// library. Vendor/check-bullet.cpp compares every declaration with Bullet's own headers when the library is built.
#pragma once

#if defined(__clang__)
// Only the functions are known to be there, and say so; handles may be null, as pointers that say nothing may.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wnullability-completeness"
#endif

typedef struct b3PhysicsClientHandle__ *b3PhysicsClientHandle;
typedef struct b3SharedMemoryCommandHandle__ *b3SharedMemoryCommandHandle;
typedef struct b3SharedMemoryStatusHandle__ *b3SharedMemoryStatusHandle;

struct b3JointInfo {
  char m_linkName[1024];
  char m_jointName[1024];
  int m_jointType;
  int m_qIndex;
  int m_uIndex;
  int m_jointIndex;
  int m_flags;
  double m_jointDamping;
  double m_jointFriction;
  double m_jointLowerLimit;
  double m_jointUpperLimit;
  double m_jointMaxForce;
  double m_jointMaxVelocity;
  double m_parentFrame[7];
  double m_childFrame[7];
  double m_jointAxis[3];
  int m_parentIndex;
  int m_qSize;
  int m_uSize;
};

struct b3BodyInfo {
  char m_baseName[1024];
  char m_bodyName[1024];
};

struct b3LinkState {
  double m_worldPosition[3];
  double m_worldOrientation[4];
  double m_localInertialPosition[3];
  double m_localInertialOrientation[4];
  double m_worldLinkFramePosition[3];
  double m_worldLinkFrameOrientation[4];
  double m_worldLinearVelocity[3];
  double m_worldAngularVelocity[3];
  double m_worldAABBMin[3];
  double m_worldAABBMax[3];
};

struct b3ContactPointData;

struct b3ContactInformation {
  int m_numContactPoints;
  struct b3ContactPointData *m_contactPointData;
};

// Values of Bullet's enumerations; its own names are taken where the headers are included beside this one.
enum {
  bullet_command_completed = 2,
  bullet_sdf_loaded = 4,
  bullet_urdf_loaded = 6,
  bullet_mjcf_loaded = 12,
  bullet_actual_state_updated = 21,
  bullet_control_received = 25,
  bullet_stepped = 26,
  bullet_contacts_reported = 39,
  bullet_control_torque = 1,
  bullet_control_position_velocity = 2,
  bullet_self_collision = 8,
  bullet_self_collision_exclude_all_parents = 32,
};

// One row per function: result, name, arguments.
#define BULLET_FUNCTIONS(F) \
  F(b3PhysicsClientHandle, b3ConnectPhysicsDirect, ()) \
  F(void, b3DisconnectSharedMemory, (b3PhysicsClientHandle)) \
  F(b3SharedMemoryStatusHandle, b3SubmitClientCommandAndWaitStatus, \
    (b3PhysicsClientHandle, b3SharedMemoryCommandHandle)) \
  F(int, b3GetStatusType, (b3SharedMemoryStatusHandle)) \
  F(int, b3GetStatusBodyIndex, (b3SharedMemoryStatusHandle)) \
  F(int, b3GetStatusBodyIndices, (b3SharedMemoryStatusHandle, int *, int)) \
  F(b3SharedMemoryCommandHandle, b3InitPhysicsParamCommand, (b3PhysicsClientHandle)) \
  F(int, b3PhysicsParamSetGravity, (b3SharedMemoryCommandHandle, double, double, double)) \
  F(int, b3PhysicsParamSetTimeStep, (b3SharedMemoryCommandHandle, double)) \
  F(int, b3PhysicsParamSetNumSolverIterations, (b3SharedMemoryCommandHandle, int)) \
  F(int, b3PhysicsParamSetNumSubSteps, (b3SharedMemoryCommandHandle, int)) \
  F(int, b3PhysicsParamSetDefaultContactERP, (b3SharedMemoryCommandHandle, double)) \
  F(b3SharedMemoryCommandHandle, b3InitStepSimulationCommand, (b3PhysicsClientHandle)) \
  F(b3SharedMemoryCommandHandle, b3LoadMJCFCommandInit, (b3PhysicsClientHandle, const char *)) \
  F(void, b3LoadMJCFCommandSetFlags, (b3SharedMemoryCommandHandle, int)) \
  F(b3SharedMemoryCommandHandle, b3LoadSdfCommandInit, (b3PhysicsClientHandle, const char *)) \
  F(b3SharedMemoryCommandHandle, b3LoadUrdfCommandInit, (b3PhysicsClientHandle, const char *)) \
  F(int, b3LoadUrdfCommandSetFlags, (b3SharedMemoryCommandHandle, int)) \
  F(int, b3LoadUrdfCommandSetStartPosition, (b3SharedMemoryCommandHandle, double, double, double)) \
  F(int, b3LoadUrdfCommandSetStartOrientation, (b3SharedMemoryCommandHandle, double, double, double, double)) \
  F(b3SharedMemoryCommandHandle, b3InitChangeDynamicsInfo, (b3PhysicsClientHandle)) \
  F(int, b3ChangeDynamicsInfoSetMass, (b3SharedMemoryCommandHandle, int, int, double)) \
  F(int, b3ChangeDynamicsInfoSetLateralFriction, (b3SharedMemoryCommandHandle, int, int, double)) \
  F(int, b3ChangeDynamicsInfoSetRestitution, (b3SharedMemoryCommandHandle, int, int, double)) \
  F(int, b3GetNumJoints, (b3PhysicsClientHandle, int)) \
  F(int, b3GetJointInfo, (b3PhysicsClientHandle, int, int, struct b3JointInfo *)) \
  F(int, b3GetBodyInfo, (b3PhysicsClientHandle, int, struct b3BodyInfo *)) \
  F(b3SharedMemoryCommandHandle, b3JointControlCommandInit2, (b3PhysicsClientHandle, int, int)) \
  F(int, b3JointControlSetDesiredPosition, (b3SharedMemoryCommandHandle, int, double)) \
  F(int, b3JointControlSetDesiredVelocity, (b3SharedMemoryCommandHandle, int, double)) \
  F(int, b3JointControlSetKp, (b3SharedMemoryCommandHandle, int, double)) \
  F(int, b3JointControlSetKd, (b3SharedMemoryCommandHandle, int, double)) \
  F(int, b3JointControlSetMaximumForce, (b3SharedMemoryCommandHandle, int, double)) \
  F(int, b3JointControlSetDesiredForceTorque, (b3SharedMemoryCommandHandle, int, double)) \
  F(b3SharedMemoryCommandHandle, b3CreatePoseCommandInit, (b3PhysicsClientHandle, int)) \
  F(int, b3CreatePoseCommandSetBasePosition, (b3SharedMemoryCommandHandle, double, double, double)) \
  F(int, b3CreatePoseCommandSetBaseOrientation, (b3SharedMemoryCommandHandle, double, double, double, double)) \
  F(int, b3CreatePoseCommandSetBaseLinearVelocity, (b3SharedMemoryCommandHandle, const double *)) \
  F(int, b3CreatePoseCommandSetBaseAngularVelocity, (b3SharedMemoryCommandHandle, const double *)) \
  F(int, b3CreatePoseCommandSetJointPosition, (b3PhysicsClientHandle, b3SharedMemoryCommandHandle, int, double)) \
  F(int, b3CreatePoseCommandSetJointVelocity, (b3PhysicsClientHandle, b3SharedMemoryCommandHandle, int, double)) \
  F(b3SharedMemoryCommandHandle, b3RequestActualStateCommandInit, (b3PhysicsClientHandle, int)) \
  F(int, b3RequestActualStateCommandComputeForwardKinematics, (b3SharedMemoryCommandHandle, int)) \
  F(int, b3GetStatusActualState, \
    (b3SharedMemoryStatusHandle, int *, int *, int *, const double **, const double **, const double **, \
     const double **)) \
  F(int, b3GetLinkState, (b3PhysicsClientHandle, b3SharedMemoryStatusHandle, int, struct b3LinkState *)) \
  F(b3SharedMemoryCommandHandle, b3InitRequestContactPointInformation, (b3PhysicsClientHandle)) \
  F(void, b3SetContactFilterBodyA, (b3SharedMemoryCommandHandle, int)) \
  F(void, b3SetContactFilterBodyB, (b3SharedMemoryCommandHandle, int)) \
  F(void, b3SetContactFilterLinkA, (b3SharedMemoryCommandHandle, int)) \
  F(void, b3SetContactFilterLinkB, (b3SharedMemoryCommandHandle, int)) \
  F(void, b3GetContactPointInformation, (b3PhysicsClientHandle, struct b3ContactInformation *)) \
  F(void, b3SetCustomPrintfFunc, (void (*)(const char *))) \
  F(void, b3SetCustomWarningMessageFunc, (void (*)(const char *))) \
  F(void, b3SetCustomErrorMessageFunc, (void (*)(const char *)))

#ifndef BULLET_CHECK
#if defined(__clang__)
#define BULLET_NONNULL _Nonnull
#else
#define BULLET_NONNULL
#endif

/// Bullet's functions, found in the library when it is loaded.
struct BulletFunctions {
#define BULLET_MEMBER(result, name, arguments) result(*BULLET_NONNULL name) arguments;
  BULLET_FUNCTIONS(BULLET_MEMBER)
#undef BULLET_MEMBER
};

/// Loads the library at `path` and fills `functions`; it stays loaded. From then on Bullet's messages are kept for
/// ``bullet_take_messages`` instead of going to standard output.
/// Returns a null pointer, or what went wrong (valid until the thread's next call).
const char *bullet_load(const char *path, struct BulletFunctions *functions);

/// What Bullet printed, warned and complained of on this thread since the last call (its last 4 kB).
const char *bullet_take_messages(void);
#endif

#if defined(__clang__)
#pragma clang diagnostic pop
#endif
