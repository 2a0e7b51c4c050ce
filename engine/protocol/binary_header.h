// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/byte_view.h"
#include "base/error.h"
#include "protocol/command.h"

#include <string>

/// The ROCKETMQ form of a command's header: i16 code, i8 language, i16 version, i32 opaque, i32 flag, i32 + remark,
/// i32 + fields, each field i16 + name, i32 + value. Empty texts mean null.
namespace gantry {

/// False (and nothing appended) if the code, version or a name does not fit into its 16 bits.
[[nodiscard]] bool writeBinaryHeader(const RemotingCommand& command, std::string& out);

/// Errors: Errc::Protocol.
[[nodiscard]] Result<RemotingCommand> readBinaryHeader(ByteView bytes);

} // namespace gantry
