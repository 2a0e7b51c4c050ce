// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/broker_fields.h"

#include "ui/models/format.h"

#include <QCoreApplication>
#include <QStringList>

namespace gantry::ui {

namespace {

QString tr(const char* text)
{
    return QCoreApplication::translate("gantry::ui::BrokerFields", text);
}

Field known(const QString& name, const QString& value, const QString& meaning, bool isMono = false)
{
    return {0, name, value, meaning, isMono, value == format::unknown()};
}

QString upSince(const std::optional<std::int64_t>& startedAtMs, std::int64_t nowMs)
{
    return startedAtMs ? tr("%1, since %2")
                             .arg(format::duration((nowMs - *startedAtMs) / 1000 * 1000),
                                  format::dateTime(*startedAtMs))
                       : format::unknown();
}

void addLatency(std::vector<Field>& fields, const QString& name,
                const std::optional<LatencyView>& view, const QString& meaning)
{
    if (!view || view->count == 0) {
        fields.push_back(
            known(name, format::unknown(), tr("Nothing was measured in the last interval")));
        return;
    }
    fields.push_back(known(name, tr("%1 samples").arg(format::count(view->count)), meaning));
    for (const auto& [label, value] :
         {std::pair(tr("    p50"), view->p50), std::pair(tr("    p95"), view->p95),
          std::pair(tr("    p99"), view->p99), std::pair(tr("    p99.9"), view->p999),
          std::pair(tr("    max"), view->max)}) {
        fields.push_back(known(label, format::latency(value), {}));
    }
}

/// "04:00 and 16:00", the hours of the local day.
QString hoursText(const std::vector<int>& hours)
{
    QStringList texts;
    for (const int hour : hours) {
        texts += QStringLiteral("%1:00").arg(hour, 2, 10, QLatin1Char('0'));
    }
    return texts.isEmpty() ? tr("Never") : texts.join(tr(", "));
}

QString percentText(int percent)
{
    return format::percent(percent / 100.0);
}

} // namespace

std::vector<Field> brokerSummary(const BrokerInfo& b, std::int64_t nowMs)
{
    std::vector<Field> fields{
        known(tr("State"), b.isUp ? tr("Running") : tr("Down"),
              b.isUp ? tr("Answers requests") : tr("Does not answer; clients go to other brokers")),
    };
    if (!b.problem.empty()) {
        fields.push_back(
            known(tr("Problem"), format::text(b.problem), tr("Why it is down or refuses writes")));
    }
    const std::vector<Field> rest{
        known(tr("Cluster"), format::textOrUnknown(b.clusterName),
              tr("Brokers of one cluster share topics")),
        known(tr("Name and id"), QStringLiteral("%1 : %2").arg(format::text(b.name)).arg(b.id),
              b.id == 0 ? tr("Id 0: the master, takes writes")
                        : tr("A slave: copies the master of its name")),
        known(tr("Address"), format::textOrUnknown(b.address), tr("What NameServers tell clients"),
              true),
        known(tr("Version"), format::textOrUnknown(b.versionText),
              tr("What it tells its clients to be")),
        known(tr("Flush mode"), format::textOrUnknown(b.flushModeText),
              b.flushModeText == "SYNC_FLUSH" ? tr("Acknowledged means on disk")
                                              : tr("Acknowledged means in the page cache; a power "
                                                   "cut loses the last half second")),
        known(tr("Up"), upSince(b.startedAtMs, nowMs), {}),
        known(tr("Messages put"), format::count(b.messagesPut), tr("Since it started")),
        known(tr("Messages got"), format::count(b.messagesGot),
              tr("Since it started, by all groups")),
        known(tr("Traffic in"),
              b.bytesInRate ? format::byteRate(*b.bytesInRate) : format::unknown(),
              tr("Received from clients")),
        known(tr("Traffic out"),
              b.bytesOutRate ? format::byteRate(*b.bytesOutRate) : format::unknown(),
              tr("Sent to clients")),
        known(tr("Connections"), format::count(b.connections), tr("Open now")),
        known(tr("Held pulls"), format::count(b.heldPulls),
              tr("Consumers that wait for a message: long polling")),
        known(tr("Delayed messages"), format::count(b.delayedWaiting),
              tr("Parked in delay levels, retries included")),
    };
    fields.insert(fields.end(), rest.begin(), rest.end());
    return fields;
}

std::vector<Field> brokerStore(const BrokerInfo& b)
{
    std::optional<std::int64_t> flushed;
    if (b.commitLogMaxOffset && b.flushBehindBytes) {
        flushed = *b.commitLogMaxOffset - *b.flushBehindBytes;
    }
    std::optional<std::int64_t> stored;
    if (b.commitLogMaxOffset && b.commitLogMinOffset) {
        stored = *b.commitLogMaxOffset - *b.commitLogMinOffset;
    }
    return {
        known(tr("Store state"), format::sentence(b.storeStateText),
              tr("Only a running store takes writes")),
        known(tr("Directory"), format::textOrUnknown(b.storeDirectory),
              tr("CommitLog, ConsumeQueues, index, tables"), true),
        known(tr("CommitLog begins at"), format::count(b.commitLogMinOffset),
              tr("Oldest byte still stored")),
        known(tr("CommitLog ends at"), format::count(b.commitLogMaxOffset),
              tr("Next byte to be written")),
        known(tr("Stored"), format::bytes(stored), tr("Begin to end")),
        known(tr("Flushed up to"), format::count(flushed), tr("On disk for certain")),
        known(tr("Not flushed yet"), format::bytes(b.flushBehindBytes),
              tr("In the page cache only: lost if the machine stops now")),
        known(tr("Not dispatched yet"), format::bytes(b.dispatchBehindBytes),
              tr("In the CommitLog, not in ConsumeQueues: consumers do not see it yet")),
        known(tr("Disk used"), format::percent(b.diskUsedRatio),
              b.retention ? tr("From %1 % on expired files are deleted, from %2 % on writes are refused")
                                .arg(b.retention->deletePercent)
                                .arg(b.retention->refusePercent)
                          : QString()),
        known(tr("Disk free"), format::bytes(b.diskAvailableBytes), {}),
    };
}

std::vector<Field> nameServerSummary(const NameServerInfo& n)
{
    std::vector<Field> fields{
        known(tr("State"), n.isUp ? tr("Running") : tr("Down"),
              tr("NameServers do not know of each other; every broker registers with each"))};
    if (!n.problem.empty()) {
        fields.push_back(known(tr("Problem"), format::text(n.problem), tr("Why it is down")));
    }
    fields.push_back(known(tr("Address"), format::textOrUnknown(n.address),
                           tr("What clients are given as namesrvAddr"), true));
    fields.push_back(
        known(tr("Brokers"), format::count(n.brokerCount), tr("Registered with it and alive")));
    fields.push_back(known(tr("Topics"), format::count(n.topicCount), tr("It knows a route to")));
    fields.push_back(known(tr("Connections"), format::count(n.connectionCount), tr("Open now")));
    fields.push_back(
        known(tr("Route queries"), format::count(n.routeQueries), tr("Answered since it started")));
    return fields;
}

std::vector<Field> brokerRetention(const BrokerInfo& b, std::int64_t nowMs)
{
    if (!b.retention) {
        return {known(tr("Kept for"), format::unknown(), tr("The broker does not say"))};
    }
    const RetentionInfo& r = *b.retention;
    const RetentionReport& done = r.done;
    std::vector<Field> fields;
    if (!done.problem.empty()) {
        fields.push_back(known(tr("Problem"), format::text(done.problem),
                               tr("Old files stay until this is mended")));
    }
    const std::vector<Field> rest{
        known(tr("Kept for"), tr("%1 h").arg(format::count(r.reservedHours)),
              tr("fileReservedTime: a CommitLog file expires this long after its last message")),
        known(tr("Expired files go at"), hoursText(r.deleteAtHours),
              tr("deleteWhen, local time; above %1 of the disk at any hour")
                  .arg(percentText(r.deletePercent))),
        known(tr("Oldest files go above"), percentText(r.forcePercent),
              tr("Of the disk used, even if they are not expired")),
        known(tr("Writes stop above"), percentText(r.refusePercent),
              tr("Of the disk used, until it is below %1 again").arg(percentText(r.forcePercent))),
        known(tr("Disk used"), format::percent(b.diskUsedRatio), {}),
        known(tr("Oldest message"),
              r.oldestStoredAtMs ? format::dateTime(*r.oldestStoredAtMs) : format::unknown(),
              r.oldestStoredAtMs
                  ? tr("Stored %1 ago").arg(format::duration((nowMs - *r.oldestStoredAtMs) / 1000 * 1000))
                  : tr("Nothing is stored yet")),
        known(tr("CommitLog files"), format::count(r.commitLogFiles), tr("Only whole files are deleted, oldest first")),
        known(tr("ConsumeQueue files"), format::count(r.consumeQueueFiles),
              tr("They go with the CommitLog files they speak of")),
        known(tr("Index files"), format::count(r.indexFiles), tr("As the ConsumeQueue files")),
        known(tr("Deleted since start"),
              tr("%1 CommitLog, %2 others").arg(format::count(done.commitLogFilesDeleted), format::count(done.queueAndIndexFilesDeleted)),
              tr("Files; the queues' first offsets follow")),
        known(tr("Last deletion"),
              done.lastDeletedAtMs >= 0 ? format::dateTime(done.lastDeletedAtMs) : tr("None yet"),
              done.lastDeletedAtMs < 0 ? QString()
              : done.lastWasForced     ? tr("The disk was nearly full")
                                       : tr("The file had expired")),
    };
    fields.insert(fields.end(), rest.begin(), rest.end());
    return fields;
}

std::vector<Field> brokerLastStart(const BrokerInfo& b)
{
    if (!b.recovery) {
        return {known(tr("Last stop"), format::unknown(), tr("The broker does not say"))};
    }
    const RecoveryReport& r = *b.recovery;
    std::vector<Field> fields{
        known(tr("Last stop"), r.cleanExit ? tr("Clean") : tr("Not clean"),
              r.cleanExit ? tr("Everything was flushed before it ended")
                          : tr("The abort file was there: it was killed, or the machine stopped")),
    };
    if (r.wasPoisoned) {
        fields.push_back(known(tr("Disk failure"), tr("Before that stop"),
                               tr("A write or a sync had failed; it took no more messages")));
    }
    fields.push_back(known(tr("Read at start"), format::bytes(std::optional(r.scannedBytes)),
                           tr("%1 records checked").arg(format::count(r.scannedRecords))));
    fields.push_back(known(tr("Took"), tr("%1 ms").arg(format::count(r.durationMs)), tr("From opening the store to being ready")));
    fields.push_back(known(tr("Unfinished tail"),
                           r.truncatedAtOffset < 0 ? tr("None")
                                                   : tr("Cut at %1").arg(format::count(r.truncatedAtOffset)),
                           tr("A record that was being written when it ended; nobody was told that it is stored")));
    const auto damaged = static_cast<std::int64_t>(r.damagedOffsets.size());
    fields.push_back(known(tr("Damaged messages"), damaged == 0 ? tr("None") : format::count(damaged),
                           damaged == 0 ? tr("Among what was read at start")
                                        : tr("Their bytes are wrong; consumers do not get them, all others are there")));
    for (const std::int64_t offset : r.damagedOffsets) {
        fields.push_back(known(tr("    at CommitLog offset"), format::count(offset), {}));
    }
    return fields;
}

std::vector<Field> brokerLatency(const BrokerInfo& b)
{
    std::vector<Field> fields;
    addLatency(fields, tr("Put"), b.putLatency,
               tr("From taking a message to being ready to answer, last interval"));
    addLatency(fields, tr("Flush"), b.flushLatency,
               tr("One sync of the CommitLog to disk, last interval"));
    return fields;
}

} // namespace gantry::ui
