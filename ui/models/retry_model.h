// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "runtime/cluster_session.h"
#include "ui/models/row_model.h"

namespace gantry::ui {

/// Which retry the next delivery is or, of a dead letter, how many retries have failed: 1 to
/// attemptsMax. The first delivery is no retry, so a dead letter has one failure more than retries.
[[nodiscard]] int retryNumber(const RetryEntry& entry);

/// Failed messages of a group: those that wait, next due first, or its dead letters, newest first.
class RetryModel final : public RowModel<RetryEntry>
{
public:
    enum class Mode { Waiting, DeadLetters };
    enum ColumnIndex { State, Attempt, Due, OriginTopic, Keys, Tag, Body, Stored, MessageId };

    explicit RetryModel(Mode mode, QObject* parent = nullptr);
    void setEntries(std::vector<RetryEntry> entries);
    /// Moves the countdowns.
    void setNow(std::int64_t nowMs);

protected:
    [[nodiscard]] bool isBefore(const RetryEntry& a, const RetryEntry& b) const override;
    [[nodiscard]] bool looksSame(const RetryEntry& a, const RetryEntry& b) const override;
    [[nodiscard]] QString keyText(const RetryEntry& row) const override;
    [[nodiscard]] QString filterText(const RetryEntry& row) const override;

private:
    [[nodiscard]] QString dueText(const RetryEntry& entry) const;

    Mode m_mode;
    std::int64_t m_nowMs = 0;
};

} // namespace gantry::ui
