// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dedup/dedup_log.h"
#include "message/message.h"

#include <atomic>
#include <functional>
#include <string>

namespace gantry {

/// Makes consumption of single messages idempotent with a DedupLog, whatever client hands the messages over.
/// Thread-safe; the mode may be changed while running.
class IdempotentConsumer
{
public:
    /// Which text identifies a message within the group; the default is its first key, else its message id.
    using KeyOf = std::function<std::string(const MessageExt&)>;
    /// The business effect. `connection` is inside the log's transaction in mode OneTransaction and an ordinary one
    /// otherwise. False = failed, to be delivered again.
    using Effect = std::function<bool(const MessageExt&, sqlite3& connection)>;

    IdempotentConsumer(DedupLog& log, std::string group, DedupMode mode, Effect effect, KeyOf keyOf = {});

    /// True when the message may be acknowledged (applied or refused as a duplicate); false = deliver it again.
    [[nodiscard]] bool consume(const MessageExt& message);
    void setMode(DedupMode mode) { m_mode.store(mode); }
    [[nodiscard]] DedupMode mode() const { return m_mode.load(); }
    [[nodiscard]] static std::string defaultKey(const MessageExt& message);

private:
    DedupLog& m_log;
    const std::string m_group;
    std::atomic<DedupMode> m_mode;
    const Effect m_effect;
    const KeyOf m_keyOf;
};

} // namespace gantry
