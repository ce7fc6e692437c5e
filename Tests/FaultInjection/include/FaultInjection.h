#pragma once
// A library to be preloaded, not called; see faults.c.
