// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>
#include <tl/expected.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace gantry {

/// What kind of thing went wrong. Callers branch on it; people read Error::message.
enum class Errc {
    InvalidArgument,    ///< the caller's input is not acceptable; nothing was changed
    NotFound,
    AlreadyExists,
    Timeout,
    Cancelled,          ///< stopped on purpose, e.g. during shutdown
    Unavailable,        ///< temporarily cannot serve; retrying may help
    Busy,               ///< over a limit right now; retrying later helps
    Corruption,         ///< bytes on disk or wire are not what they must be
    Io,                 ///< the operating system refused an operation
    DiskFull,
    StorePoisoned,      ///< a write or sync failed earlier; the store is read-only until restarted
    Locked,             ///< held by another process
    AddressInUse,
    PermissionDenied,
    Protocol,           ///< the peer broke the remoting protocol
    LimitExceeded,
    Unsupported,
    ConnectFailed,
    ConnectionClosed,
    Remote,             ///< the peer answered with an error; Error::remoteCode holds its response code
    Internal,
};

std::string_view toString(Errc code);

/// A failure: a code to branch on and a sentence that says what, where and, if known, what to do.
struct [[nodiscard]] Error
{
    Errc code = Errc::Internal;
    std::string message;
    int remoteCode = -1; ///< RocketMQ response code when code == Errc::Remote, else -1
};

template <typename T = void>
using Result = tl::expected<T, Error>;

/// The failing side of any Result: return fail(Errc::NotFound, "topic {} does not exist", name);
template <typename... Args>
[[nodiscard]] tl::unexpected<Error> fail(Errc code, fmt::format_string<Args...> text, Args&&... args)
{
    return tl::unexpected<Error>(Error{code, fmt::format(text, std::forward<Args>(args)...), -1});
}

/// Puts "context: " in front of an error's message, for the way up the call chain.
[[nodiscard]] tl::unexpected<Error> failWith(Error error, std::string_view context);

/// The failing side for an errno value: picks the code (ENOSPC -> DiskFull, EACCES -> PermissionDenied, ...)
/// and appends the system's text to `context`.
[[nodiscard]] tl::unexpected<Error> failErrno(int errnoValue, std::string_view context);

} // namespace gantry

#define GANTRY_CONCAT_INNER(a, b) a##b
#define GANTRY_CONCAT(a, b) GANTRY_CONCAT_INNER(a, b)

/// GANTRY_TRY(name, expression): binds the value of a Result or returns its error from the enclosing function.
#define GANTRY_TRY(name, ...)                                                                      \
    auto GANTRY_CONCAT(name, Result) = (__VA_ARGS__);                                              \
    if (!GANTRY_CONCAT(name, Result)) {                                                            \
        return tl::unexpected<::gantry::Error>(std::move(GANTRY_CONCAT(name, Result).error()));    \
    }                                                                                              \
    auto& name = *GANTRY_CONCAT(name, Result)

/// GANTRY_CHECK(expression): returns the error of a Result<void> from the enclosing function.
#define GANTRY_CHECK(...)                                                                          \
    do {                                                                                           \
        if (auto gantryCheckResult = (__VA_ARGS__); !gantryCheckResult) {                          \
            return tl::unexpected<::gantry::Error>(std::move(gantryCheckResult.error()));          \
        }                                                                                          \
    } while (false)
