// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/retry_model.h"

#include "ui/models/cells.h"
#include "ui/models/message_model.h"

#include <QCoreApplication>

#include <algorithm>
#include <limits>
#include <tuple>

namespace gantry::ui {

namespace {

QString tr(const char* text)
{
    return QCoreApplication::translate("RetryModel", text);
}

QString stateText(RetryEntry::State state)
{
    switch (state) {
    case RetryEntry::State::WaitingForDelay:
        return tr("Waiting");
    case RetryEntry::State::Ready:
        return tr("Ready");
    case RetryEntry::State::DeadLetter:
        return tr("Dead letter");
    }
    return {};
}

CellStyle stateBadge(RetryEntry::State state)
{
    switch (state) {
    case RetryEntry::State::WaitingForDelay:
        return badge(ColorRole::Delayed, CellStyle::Shape::Clock);
    case RetryEntry::State::Ready:
        return badge(ColorRole::Retry, CellStyle::Shape::Retry);
    case RetryEntry::State::DeadLetter:
        return badge(ColorRole::Error, CellStyle::Shape::Cross);
    }
    return {};
}

std::int64_t dueOrder(const RetryEntry& entry)
{
    return entry.dueMs.value_or(std::numeric_limits<std::int64_t>::min());
}

} // namespace

int retryNumber(const RetryEntry& entry)
{
    return std::clamp(entry.attempt, 0, entry.attemptsMax);
}

RetryModel::RetryModel(Mode mode, QObject* parent)
    : RowModel(parent)
    , m_mode(mode)
{
    using Row = RetryEntry;
    const bool isDead = mode == Mode::DeadLetters;
    std::vector<Column<Row>> columns(MessageId + 1);
    columns[State] = {
        {"state", tr("State"),
         tr("Waiting: parked in a delay level. Ready: in the retry topic, not consumed yet"),
         Align::Left, 12, isDead, 12},
        [](const Row& e) { return stateText(e.state); },
        {},
        {},
        [](const Row& e) { return stateBadge(e.state); },
        {}};
    columns[Attempt] = {
        {"attempt", isDead ? tr("Retries") : tr("Retry"),
         isDead ? tr("How many retries failed, after the first delivery had failed")
                : tr("Which retry the next delivery is; after the last it becomes a dead letter"),
         Align::Left, 12, false, 11},
        [](const Row& e) { return tr("%1 of %2").arg(retryNumber(e)).arg(e.attemptsMax); },
        [](const Row& e) { return QVariant(e.attempt); },
        {},
        [isDead](const Row&) {
            return isDead ? badge(ColorRole::Error, CellStyle::Shape::Cross)
                          : badge(ColorRole::Retry, CellStyle::Shape::Retry);
        },
        {}};
    columns[Due] = {
        {"due", tr("Next attempt"), tr("When it is delivered again"), Align::Left, 14, isDead},
        [this](const Row& e) { return dueText(e); },
        [](const Row& e) { return QVariant(static_cast<qlonglong>(dueOrder(e))); },
        [](const Row& e) {
            return e.dueMs ? format::dateTime(*e.dueMs)
                           : tr("As soon as a consumer of the group pulls it");
        },
        {},
        {}};
    columns[OriginTopic] = textColumn<Row>(
        {"topic", tr("Topic"), tr("Where it was sent to at first"), Align::Left, 14},
        [](const Row& e) { return e.originTopic; });
    columns[Keys] = textColumn<Row>({"keys", tr("Keys"), {}, Align::Left, 16},
                                    [](const Row& e) { return std::string(e.message.keys()); });
    columns[Tag] = textColumn<Row>({"tag", tr("Tag"), {}, Align::Left, 11},
                                   [](const Row& e) { return std::string(e.message.tags()); });
    columns[Body] = {{"body", tr("Body"), {}, Align::Left, 0},
                     [](const Row& e) { return bodyPreview(e.message.body); },
                     {},
                     {},
                     {},
                     {}};
    columns[Stored] = timeColumn<Row>(
        {"stored", isDead ? tr("Given up") : tr("Failed last"), {}, Align::Left, 19, false, 14},
        [](const Row& e) { return std::optional<std::int64_t>(e.message.storeTimestampMs); }, true);
    columns[MessageId] = textColumn<Row>(
        {"id", tr("Message id"), {}, Align::Left, 34, false, 14},
        [](const Row& e) { return e.message.messageId(); }, CellStyle::Kind::Mono);
    setColumns(std::move(columns));
}

void RetryModel::setEntries(std::vector<RetryEntry> entries)
{
    Rows rows;
    rows.reserve(entries.size());
    for (auto& entry : entries) {
        rows.push_back(std::make_shared<const RetryEntry>(std::move(entry)));
    }
    applyRows(std::move(rows));
}

void RetryModel::setNow(std::int64_t nowMs)
{
    m_nowMs = nowMs;
    if (m_mode == Mode::Waiting && rowCount() > 0) {
        Q_EMIT dataChanged(index(0, Due), index(rowCount() - 1, Due), {Qt::DisplayRole});
    }
}

QString RetryModel::dueText(const RetryEntry& entry) const
{
    if (!entry.dueMs) {
        return tr("now");
    }
    const auto left = *entry.dueMs - m_nowMs;
    // Whole seconds: a countdown that shows tenths flickers.
    return left <= 0 ? tr("now")
                     : tr("in %1").arg(left < 1000 ? format::duration(1000).replace(
                                                         QLatin1String("1.0"), QLatin1String("1"))
                                       : left < 10'000 ? QStringLiteral("%1 s").arg(left / 1000)
                                                       : format::duration(left));
}

bool RetryModel::isBefore(const RetryEntry& a, const RetryEntry& b) const
{
    const auto where = [](const RetryEntry& e) {
        return std::tie(e.message.topic, e.message.brokerName, e.message.queueId,
                        e.message.queueOffset);
    };
    if (m_mode == Mode::DeadLetters) {
        return a.message.storeTimestampMs != b.message.storeTimestampMs
                   ? a.message.storeTimestampMs > b.message.storeTimestampMs
                   : where(a) < where(b);
    }
    return dueOrder(a) != dueOrder(b) ? dueOrder(a) < dueOrder(b) : where(a) < where(b);
}

bool RetryModel::looksSame(const RetryEntry& a, const RetryEntry& b) const
{
    return a.state == b.state && a.attempt == b.attempt && a.attemptsMax == b.attemptsMax &&
           a.dueMs == b.dueMs;
}

QString RetryModel::keyText(const RetryEntry& e) const
{
    return QStringLiteral("%1 %2 %3 %4")
        .arg(format::text(e.message.topic), format::text(e.message.brokerName))
        .arg(e.message.queueId)
        .arg(e.message.queueOffset);
}

QString RetryModel::filterText(const RetryEntry& e) const
{
    return QStringLiteral("%1 %2 %3 %4")
        .arg(format::text(e.message.messageId()), format::text(std::string(e.message.keys())),
             format::text(e.originTopic), bodyPreview(e.message.body));
}

} // namespace gantry::ui
