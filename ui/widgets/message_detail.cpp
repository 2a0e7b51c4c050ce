// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/message_detail.h"

#include "message/sys_flag.h"
#include "ui/bridge/qt_convert.h"
#include "ui/models/format.h"
#include "ui/widgets/field_table.h"
#include "ui/widgets/payload_view.h"

namespace gantry::ui {

namespace {

QString meaningOf(std::string_view key, const QString& value)
{
    const auto tr = [](const char* text) { return MessageDetail::tr(text); };
    if (key == property::kKeys)
        return tr("Keys the message can be found by, blank-separated");
    if (key == property::kTags)
        return tr("Tag that consumers filter by");
    if (key == property::kUniqueKey)
        return tr("Made by the producer; the message id people see");
    if (key == property::kWaitStoreOk)
        return tr("Whether the producer waits until it is stored safely");
    if (key == property::kDelayLevel) {
        const QString delay = format::delayOfLevel(value.toInt());
        return delay.isEmpty() ? tr("Delay level")
                               : tr("Delay level: delivered after %1").arg(delay);
    }
    if (key == property::kRetryTopic)
        return tr("Original topic of a message that failed");
    if (key == property::kRealTopic)
        return tr("Topic it goes to when its delay is over");
    if (key == property::kRealQueueId)
        return tr("Queue it goes to when its delay is over");
    if (key == property::kOriginMessageId)
        return tr("Id of the first delivery");
    if (key == property::kReconsumeTime)
        return tr("How often it was consumed again");
    if (key == property::kMaxReconsumeTimes)
        return tr("Attempts before it becomes a dead letter");
    if (key == property::kCluster)
        return tr("Cluster that stored it");
    if (key == property::kMessageRegion)
        return tr("Region, for message traces");
    if (key == property::kTraceOn)
        return tr("Whether message traces are wanted");
    if (key == property::kShardingKey)
        return tr("Key that chose the queue");
    if (key == property::kMinOffset)
        return tr("Begin of the queue at the time it was pulled");
    if (key == property::kMaxOffset)
        return tr("End of the queue at the time it was pulled");
    return tr("Set by the producer");
}

QString sysFlagText(std::int32_t flag)
{
    QStringList words;
    if (flag & sysflag::kCompressed)
        words += MessageDetail::tr("body compressed");
    if (flag & sysflag::kMultiTags)
        words += MessageDetail::tr("several tags");
    switch (sysflag::transactionType(flag)) {
    case sysflag::kTransactionPrepared:
        words += MessageDetail::tr("transaction prepared");
        break;
    case sysflag::kTransactionCommit:
        words += MessageDetail::tr("transaction committed");
        break;
    case sysflag::kTransactionRollback:
        words += MessageDetail::tr("transaction rolled back");
        break;
    default:
        break;
    }
    if (flag & sysflag::kBornHostV6)
        words += MessageDetail::tr("producer on IPv6");
    if (flag & sysflag::kStoreHostV6)
        words += MessageDetail::tr("broker on IPv6");
    return words.isEmpty() ? MessageDetail::tr("No bit is set") : words.join(QStringLiteral(", "));
}

std::vector<Field> storedFields(const MessageExt& m)
{
    const auto tr = [](const char* text) { return MessageDetail::tr(text); };
    const auto number = [](std::int64_t value) { return format::count(value); };
    return {
        {0, tr("Message id"), toQt(m.messageId()),
         tr("The unique key if there is one, else the offset id"), true, false},
        {0, tr("Offset message id"), toQt(m.offsetMessageId()),
         tr("Store host and CommitLog offset: finds the message on its broker"), true, false},
        {0, tr("Topic"), toQt(m.topic), {}, false, false},
        {0, tr("Broker"), toQt(m.brokerName), tr("Where this copy was read from"), false,
         m.brokerName.empty()},
        {0, tr("Queue id"), number(m.queueId), {}, false, false},
        {0, tr("Queue offset"), number(m.queueOffset), tr("Position in the queue"), false, false},
        {0, tr("CommitLog offset"), number(m.commitLogOffset),
         tr("Physical position of the record, bytes"), false, false},
        {0, tr("Store size"), number(m.storeSize), tr("Bytes of the whole record"), false, false},
        {0, tr("Body size"), number(static_cast<std::int64_t>(m.body.size())),
         tr("Bytes after decompression"), false, false},
        {0, tr("Body CRC"),
         QStringLiteral("%1").arg(static_cast<quint32>(m.bodyCrc), 8, 16, QLatin1Char('0')),
         tr("CRC-32 of the stored body"), true, false},
        {0, tr("Born"), format::dateTime(m.bornTimestampMs), tr("When the producer made it"), false,
         false},
        {0, tr("Born host"), toQt(m.bornHost.toText()), tr("The producer's address"), true, false},
        {0, tr("Stored"), format::dateTime(m.storeTimestampMs),
         tr("When the broker stored it, %1 after it was born")
             .arg(format::duration(
                 std::max<std::int64_t>(0, m.storeTimestampMs - m.bornTimestampMs))),
         false, false},
        {0, tr("Store host"), toQt(m.storeHost.toText()), tr("The broker's address"), true, false},
        {0, tr("Reconsume times"), number(m.reconsumeTimes),
         tr("How often consumers have failed on it"), false, false},
        {0, tr("System flag"), QStringLiteral("0x%1").arg(static_cast<quint32>(m.sysFlag), 0, 16),
         sysFlagText(m.sysFlag), true, false},
        {0, tr("Flag"), number(m.flag), tr("The application's own"), false, false},
        {0, tr("Prepared transaction offset"), number(m.preparedTransactionOffset),
         tr("CommitLog offset of the half message; 0 without a transaction"), false, false},
    };
}

} // namespace

MessageDetail::MessageDetail(const QString& stateKey, QWidget* parent)
    : QTabWidget(parent)
    , m_payload(new PayloadView(this))
    , m_properties(new FieldTable(stateKey + QStringLiteral("-properties"), this))
    , m_fields(new FieldTable(stateKey + QStringLiteral("-fields"), this))
{
    setDocumentMode(true);
    addTab(m_payload, tr("Body"));
    addTab(m_properties, tr("Properties"));
    addTab(m_fields, tr("Stored fields"));
    m_properties->view()->setEmptyText(QStringLiteral("empty"),
                                       tr("This message has no properties"));
}

void MessageDetail::setMessage(const MessageExt& message)
{
    m_payload->setBody(
        QByteArray(message.body.data(), static_cast<qsizetype>(message.body.size())));
    std::vector<Field> properties;
    for (const auto& [key, value] : message.properties) {
        const QString text = toQt(value);
        properties.push_back({0, toQt(key), text, meaningOf(key, text), true, false});
    }
    setTabText(1, tr("Properties  %1").arg(properties.size()));
    m_properties->setFields(std::move(properties));
    m_fields->setFields(storedFields(message));
}

void MessageDetail::clearMessage()
{
    m_payload->setBody({});
    m_properties->setFields({});
    m_fields->setFields({});
    setTabText(1, tr("Properties"));
}

} // namespace gantry::ui
