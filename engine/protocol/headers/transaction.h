// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

/// Headers of 37 END_TRANSACTION and 39 CHECK_TRANSACTION_STATE.
/// Members are named as on the wire unless visit() says otherwise; see protocol/header_codec.h for how they are read.
namespace gantry {

/// 37.
struct EndTransactionHeader
{
    std::optional<std::string> topic;
    std::string producerGroup;
    std::int64_t tranStateTableOffset = 0; ///< queue offset of the half message
    std::int64_t commitLogOffset = 0;
    std::int32_t commitOrRollback = 0; ///< 0 unknown, 8 commit, 12 rollback
    std::optional<bool> fromTransactionCheck;
    std::string msgId; ///< unique key
    std::optional<std::string> transactionId;

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("topic", self.topic);
        visitor("producerGroup", self.producerGroup);
        visitor("tranStateTableOffset", self.tranStateTableOffset);
        visitor("commitLogOffset", self.commitLogOffset);
        visitor("commitOrRollback", self.commitOrRollback);
        visitor("fromTransactionCheck", self.fromTransactionCheck);
        visitor("msgId", self.msgId);
        visitor("transactionId", self.transactionId);
    }
};

/// 39, broker to producer, one-way.
struct CheckTransactionStateHeader
{
    std::optional<std::string> topic;
    std::int64_t tranStateTableOffset = 0;
    std::int64_t commitLogOffset = 0;
    std::optional<std::string> msgId;
    std::optional<std::string> transactionId;
    std::optional<std::string> offsetMsgId;

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("topic", self.topic);
        visitor("tranStateTableOffset", self.tranStateTableOffset);
        visitor("commitLogOffset", self.commitLogOffset);
        visitor("msgId", self.msgId);
        visitor("transactionId", self.transactionId);
        visitor("offsetMsgId", self.offsetMsgId);
    }
};

} // namespace gantry
