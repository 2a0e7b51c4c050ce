// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "protocol/command.h"

#include <string>
#include <string_view>

/// The JSON form of a command's header: one object with code, extFields, flag, language, opaque, remark,
/// serializeTypeCurrentRPC and version. Read in one pass without a tree, because every message passes here.
namespace gantry {

/// Appends the header, members in Java's order, every extFields value as a string.
void writeJsonHeader(const RemotingCommand& command, std::string& out);

/// Accepts what Java's peers accept: any order, unknown members, null or absent remark and extFields, numbers and
/// booleans as extFields values, the language as a name or number. Errors: Errc::Protocol, with the byte position.
[[nodiscard]] Result<RemotingCommand> readJsonHeader(std::string_view text);

} // namespace gantry
