// SPDX-License-Identifier: Apache-2.0

// Asio's implementation, compiled once (ASIO_SEPARATE_COMPILATION) instead of in every file that
// uses it. A standard header must come first: Asio's configuration asks for macros that libstdc++
// defines, and with other answers here than elsewhere memory would be allocated one way and freed
// another.
#include <memory>

#include <asio/impl/src.hpp>
