// SPDX-License-Identifier: Apache-2.0

// Asio's implementation, compiled once (ASIO_SEPARATE_COMPILATION) instead of in every file that uses it.
#include <asio/impl/src.hpp>
