// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/units.h"

#include <cstddef>

/// Every bound that keeps a peer or a mistake from taking the whole program, in one place.
namespace gantry::limits {

/// A frame's length field may say this many bytes at most (what Apache RocketMQ's peers accept, too).
inline constexpr std::size_t kFrameBytesMax = 16 * kMiB;
/// A remoting header carries ids and properties (32 KiB at most); more is an attack or a mistake.
inline constexpr std::size_t kHeaderBytesMax = 128 * kKiB;
inline constexpr std::size_t kHeaderFieldsMax = 256;
/// Connections a server accepts at once; further ones are closed at accept.
inline constexpr std::size_t kConnectionsMax = 16'384;
/// Bytes queued towards one slow reader before its connection is closed.
inline constexpr std::size_t kConnectionWriteQueueBytesMax = 64 * kMiB;
/// Requests a client has in flight on one connection.
inline constexpr std::size_t kPendingRequestsMax = 65'536;
/// Pull requests held per queue for long polling.
inline constexpr std::size_t kHeldPullsPerQueueMax = 1'024;
/// Messages of one body after decompression.
inline constexpr std::size_t kDecompressedBytesMax = 64 * kMiB;
/// A message's body on send, as Apache's maxMessageSize default.
inline constexpr std::size_t kMessageBodyBytesMax = 4 * kMiB;
/// Properties of one message, in their string form (a signed 16-bit length on disk).
inline constexpr std::size_t kPropertiesBytesMax = 32'767;
inline constexpr std::size_t kTopicBytesMax = 127;
inline constexpr std::size_t kGroupBytesMax = 255;
/// Nesting of any JSON document from outside.
inline constexpr std::size_t kJsonDepthMax = 64;

} // namespace gantry::limits
