#pragma once
#include <hdf5.h>

// Everything below is a macro in HDF5's headers: a cast, a call of H5open() before a global variable is read, or a flag
// behind a comma operator. Swift imports none of these, so each gets a function.

static inline hid_t shim_default_properties(void) { return H5P_DEFAULT; }
static inline hid_t shim_file_access_class(void) { return H5P_FILE_ACCESS; }
static inline hid_t shim_link_create_class(void) { return H5P_LINK_CREATE; }
static inline hid_t shim_link_access_class(void) { return H5P_LINK_ACCESS; }
static inline hid_t shim_dataset_create_class(void) { return H5P_DATASET_CREATE; }
static inline hid_t shim_dataset_transfer_class(void) { return H5P_DATASET_XFER; }
static inline hid_t shim_attribute_create_class(void) { return H5P_ATTRIBUTE_CREATE; }

static inline unsigned shim_truncate(void) { return H5F_ACC_TRUNC; }
static inline unsigned shim_read_only(void) { return H5F_ACC_RDONLY; }
static inline unsigned shim_read_write(void) { return H5F_ACC_RDWR; }
static inline unsigned shim_swmr_read(void) { return H5F_ACC_SWMR_READ; }
static inline unsigned shim_swmr_write(void) { return H5F_ACC_SWMR_WRITE; }
static inline unsigned shim_all_objects(void) { return H5F_OBJ_ALL; }

static inline hid_t shim_all(void) { return H5S_ALL; }
static inline hsize_t shim_unlimited(void) { return H5S_UNLIMITED; }
static inline size_t shim_variable_length(void) { return H5T_VARIABLE; }
static inline hid_t shim_current_error_stack(void) { return H5E_DEFAULT; }

static inline hid_t shim_native_float(void) { return H5T_NATIVE_FLOAT; }
static inline hid_t shim_native_double(void) { return H5T_NATIVE_DOUBLE; }
static inline hid_t shim_native_int8(void) { return H5T_NATIVE_INT8; }
static inline hid_t shim_native_int32(void) { return H5T_NATIVE_INT32; }
static inline hid_t shim_native_int64(void) { return H5T_NATIVE_INT64; }
static inline hid_t shim_native_uint8(void) { return H5T_NATIVE_UINT8; }
static inline hid_t shim_native_uint64(void) { return H5T_NATIVE_UINT64; }
static inline hid_t shim_c_string(void) { return H5T_C_S1; }

// H5Lget_info and its structure are macros from 1.12 on.
static inline int shim_is_external_link(hid_t place, const char *name, hid_t access) {
  H5L_info_t info;
  return H5Lget_info(place, name, &info, access) < 0 ? -1 : info.type == H5L_TYPE_EXTERNAL;
}
