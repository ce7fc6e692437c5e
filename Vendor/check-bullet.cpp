// Compiled, never run: whether Sources/CBullet declares what Bullet's own headers declare.
#include <cstddef>
#include <type_traits>

#include "Bullet3Common/b3Logging.h"
#include "SharedMemory/PhysicsClientC_API.h"
#include "SharedMemory/PhysicsDirectC_API.h"

namespace ours {
#define BULLET_CHECK
#include "CBullet.h"
}  // namespace ours

#define SAME_FIELD(type, field) \
  static_assert(offsetof(ours::type, field) == offsetof(::type, field), #type "." #field " lies elsewhere"); \
  static_assert(std::is_same<decltype(ours::type::field), decltype(::type::field)>::value, #type "." #field " has another type");
#define SAME_SIZE(type) static_assert(sizeof(ours::type) == sizeof(::type), #type " has another size");

SAME_SIZE(b3JointInfo)
SAME_FIELD(b3JointInfo, m_linkName)
SAME_FIELD(b3JointInfo, m_jointName)
SAME_FIELD(b3JointInfo, m_jointType)
SAME_FIELD(b3JointInfo, m_qIndex)
SAME_FIELD(b3JointInfo, m_uIndex)
SAME_FIELD(b3JointInfo, m_jointLowerLimit)
SAME_FIELD(b3JointInfo, m_jointUpperLimit)
SAME_FIELD(b3JointInfo, m_jointMaxVelocity)
SAME_SIZE(b3BodyInfo)
SAME_FIELD(b3BodyInfo, m_baseName)
SAME_FIELD(b3BodyInfo, m_bodyName)
SAME_SIZE(b3LinkState)
SAME_FIELD(b3LinkState, m_worldPosition)
SAME_FIELD(b3LinkState, m_worldOrientation)
SAME_FIELD(b3LinkState, m_worldLinkFramePosition)
SAME_SIZE(b3ContactInformation)
SAME_FIELD(b3ContactInformation, m_numContactPoints)

#define SAME_VALUE(mine, theirs) static_assert(int(ours::mine) == int(theirs), #theirs " has another value");
SAME_VALUE(bullet_command_completed, CMD_CLIENT_COMMAND_COMPLETED)
SAME_VALUE(bullet_sdf_loaded, CMD_SDF_LOADING_COMPLETED)
SAME_VALUE(bullet_urdf_loaded, CMD_URDF_LOADING_COMPLETED)
SAME_VALUE(bullet_mjcf_loaded, CMD_MJCF_LOADING_COMPLETED)
SAME_VALUE(bullet_actual_state_updated, CMD_ACTUAL_STATE_UPDATE_COMPLETED)
SAME_VALUE(bullet_control_received, CMD_DESIRED_STATE_RECEIVED_COMPLETED)
SAME_VALUE(bullet_stepped, CMD_STEP_FORWARD_SIMULATION_COMPLETED)
SAME_VALUE(bullet_contacts_reported, CMD_CONTACT_POINT_INFORMATION_COMPLETED)
SAME_VALUE(bullet_control_torque, CONTROL_MODE_TORQUE)
SAME_VALUE(bullet_control_position_velocity, CONTROL_MODE_POSITION_VELOCITY_PD)
SAME_VALUE(bullet_self_collision, URDF_USE_SELF_COLLISION)
SAME_VALUE(bullet_self_collision_exclude_all_parents, URDF_USE_SELF_COLLISION_EXCLUDE_ALL_PARENTS)

// Bullet's types, our argument lists: a row that differs from Bullet's prototype does not compile.
#define SAME_FUNCTION(result, name, arguments) \
  static_assert(std::is_same<decltype(&::name), result(*) arguments>::value, #name " is declared otherwise");
BULLET_FUNCTIONS(SAME_FUNCTION)
