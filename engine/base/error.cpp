// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"

#include <array>
#include <cerrno>
#include <system_error>

namespace gantry {

std::string_view toString(Errc code)
{
    static constexpr std::array<std::string_view, 21> kNames{
        "invalid argument", "not found", "already exists", "timeout", "cancelled", "unavailable", "busy",
        "corruption", "input/output error", "disk full", "store poisoned", "locked", "address in use",
        "permission denied", "protocol error", "limit exceeded", "unsupported", "connect failed",
        "connection closed", "remote error", "internal error"};
    const auto index = static_cast<std::size_t>(code);
    return index < kNames.size() ? kNames[index] : "unknown error";
}

tl::unexpected<Error> failWith(Error error, std::string_view context)
{
    error.message = fmt::format("{}: {}", context, error.message);
    return tl::unexpected<Error>(std::move(error));
}

namespace {

Errc codeOfErrno(int errnoValue)
{
    switch (errnoValue) {
    case ENOENT: return Errc::NotFound;
    case EEXIST: return Errc::AlreadyExists;
    case EACCES:
    case EPERM:
    case EROFS: return Errc::PermissionDenied;
    case ENOSPC:
    case EDQUOT: return Errc::DiskFull;
    case EADDRINUSE: return Errc::AddressInUse;
    case EAGAIN: return Errc::Busy;
    default: return Errc::Io;
    }
}

} // namespace

tl::unexpected<Error> failErrno(int errnoValue, std::string_view context)
{
    return tl::unexpected<Error>(
        Error{codeOfErrno(errnoValue),
              fmt::format("{}: {}", context, std::generic_category().message(errnoValue)), -1});
}

} // namespace gantry
