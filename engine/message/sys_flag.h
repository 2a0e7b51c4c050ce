// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/compress.h"

#include <cstdint>
#include <optional>

/// Bits of a message's sysFlag (stored and on the wire).
namespace gantry::sysflag {

inline constexpr std::int32_t kCompressed = 0x1;
inline constexpr std::int32_t kMultiTags = 0x2;
inline constexpr std::int32_t kTransactionMask = 0xC;
inline constexpr std::int32_t kTransactionNone = 0x0;
inline constexpr std::int32_t kTransactionPrepared = 0x4;
inline constexpr std::int32_t kTransactionCommit = 0x8;
inline constexpr std::int32_t kTransactionRollback = 0xC;
inline constexpr std::int32_t kBornHostV6 = 0x10;
inline constexpr std::int32_t kStoreHostV6 = 0x20;
inline constexpr std::int32_t kNeedUnwrap = 0x40;
inline constexpr std::int32_t kInnerBatch = 0x80;
inline constexpr std::int32_t kCompressionTypeMask = 0x700;

[[nodiscard]] constexpr std::int32_t transactionType(std::int32_t sysFlag) { return sysFlag & kTransactionMask; }
[[nodiscard]] constexpr std::int32_t withTransactionType(std::int32_t sysFlag, std::int32_t type)
{
    return (sysFlag & ~kTransactionMask) | type;
}
/// Nothing for values no release defines.
[[nodiscard]] constexpr std::optional<CompressionType> compressionType(std::int32_t sysFlag)
{
    switch ((sysFlag & kCompressionTypeMask) >> 8) {
    case 0:
    case 3: return CompressionType::Zlib;
    case 1: return CompressionType::Lz4Frame;
    case 2: return CompressionType::Zstd;
    default: return std::nullopt;
    }
}

} // namespace gantry::sysflag
