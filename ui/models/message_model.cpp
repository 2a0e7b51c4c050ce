// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/message_model.h"

#include "ui/models/cells.h"

#include <QStringDecoder>

#include <tuple>

namespace gantry::ui {

namespace {

constexpr qsizetype kPreviewLength = 160;

} // namespace

bool isText(const std::string& body)
{
    QStringDecoder decoder(QStringDecoder::Utf8, QStringConverter::Flag::Stateless);
    const QString text = decoder(QByteArrayView(body.data(), static_cast<qsizetype>(body.size())));
    if (decoder.hasError()) {
        return false;
    }
    return std::none_of(text.begin(), text.end(), [](QChar c) {
        return c.unicode() < 0x20 && c != QLatin1Char('\n') && c != QLatin1Char('\r') &&
               c != QLatin1Char('\t');
    });
}

QString bodyPreview(const std::string& body)
{
    if (body.empty()) {
        return QStringLiteral("(empty)");
    }
    // A cut in the middle of a character must not turn text into hex: cut before a UTF-8 lead byte.
    std::size_t length = std::min<std::size_t>(body.size(), kPreviewLength * 2);
    while (length > 0 && length < body.size() &&
           (static_cast<unsigned char>(body[length]) & 0xC0U) == 0x80U) {
        --length;
    }
    const std::string head = body.substr(0, length);
    if (!isText(head)) {
        return QString::fromLatin1(
            QByteArray(head.data(), std::min<qsizetype>(static_cast<qsizetype>(head.size()), 32))
                .toHex(' '));
    }
    return QString::fromUtf8(head.data(), static_cast<qsizetype>(head.size()))
        .simplified()
        .left(kPreviewLength);
}

MessageModel::MessageModel(QObject* parent)
    : RowModel(parent)
{
    using Row = MessageExt;
    std::vector<Column<Row>> columns(MessageId + 1);
    columns[Stored] = timeColumn<Row>(
        {"stored", tr("Stored"), tr("When the broker stored it"), Align::Left, 19, false, 14},
        [](const Row& m) { return std::optional<std::int64_t>(m.storeTimestampMs); }, true);
    columns[Broker] = textColumn<Row>({"broker", tr("Broker"), {}, Align::Left, 10},
                                      [](const Row& m) { return m.brokerName; });
    columns[Queue] =
        countColumn<Row>({"queue", tr("Queue"), {}, Align::Right, 7},
                         [](const Row& m) { return std::optional<std::int64_t>(m.queueId); });
    columns[Offset] =
        countColumn<Row>({"offset", tr("Offset"), tr("Offset in its queue"), Align::Right, 9},
                         [](const Row& m) { return std::optional<std::int64_t>(m.queueOffset); });
    columns[Tag] = textColumn<Row>({"tag", tr("Tag"), {}, Align::Left, 11},
                                   [](const Row& m) { return std::string(m.tags()); });
    columns[Keys] = textColumn<Row>({"keys", tr("Keys"), {}, Align::Left, 16},
                                    [](const Row& m) { return std::string(m.keys()); });
    columns[Body] = {{"body", tr("Body"), tr("The beginning of the body"), Align::Left, 0},
                     [](const Row& m) { return bodyPreview(m.body); },
                     {},
                     {},
                     {},
                     {}};
    columns[Size] = countColumn<Row>(
        {"size", tr("Size"), tr("Bytes of the body"), Align::Right, 9}, [](const Row& m) {
            return std::optional<std::int64_t>(static_cast<std::int64_t>(m.body.size()));
        });
    columns[Size].text = [](const Row& m) {
        return format::bytes(static_cast<std::int64_t>(m.body.size()));
    };
    columns[Attempts] = countColumn<Row>(
        {"attempts", tr("Failed"), tr("How often a consumer has failed on it"), Align::Right, 8, true},
        [](const Row& m) { return std::optional<std::int64_t>(m.reconsumeTimes); });
    columns[Attempts].cell = [](const Row& m) {
        return m.reconsumeTimes > 0 ? badge(ColorRole::Retry, CellStyle::Shape::Retry)
                                    : CellStyle{};
    };
    columns[BornHost] = textColumn<Row>(
        {"born", tr("Producer"), tr("Where it was sent from"), Align::Left, 18, true},
        [](const Row& m) { return m.bornHost.toText(); }, CellStyle::Kind::Mono);
    columns[MessageId] = textColumn<Row>(
        {"id", tr("Message id"), {}, Align::Left, 34, false, 14}, [](const Row& m) { return m.messageId(); },
        CellStyle::Kind::Mono);
    setColumns(std::move(columns));
}

void MessageModel::setMessages(std::vector<MessageExt> messages)
{
    Rows rows;
    rows.reserve(messages.size());
    for (auto& message : messages) {
        rows.push_back(std::make_shared<const MessageExt>(std::move(message)));
    }
    applyRows(std::move(rows));
}

bool MessageModel::isBefore(const MessageExt& a, const MessageExt& b) const
{
    const auto key = [](const MessageExt& m) {
        return std::tie(m.topic, m.brokerName, m.queueId, m.queueOffset);
    };
    return key(a) < key(b);
}

bool MessageModel::looksSame(const MessageExt& a, const MessageExt& b) const
{
    return a.commitLogOffset == b.commitLogOffset && a.storeTimestampMs == b.storeTimestampMs;
}

QString MessageModel::keyText(const MessageExt& m) const
{
    return QStringLiteral("%1 %2 %3 %4")
        .arg(format::text(m.topic), format::text(m.brokerName))
        .arg(m.queueId)
        .arg(m.queueOffset);
}

QString MessageModel::filterText(const MessageExt& m) const
{
    return QStringLiteral("%1 %2 %3 %4 %5")
        .arg(keyText(m), format::text(m.messageId()), format::text(std::string(m.tags())),
             format::text(std::string(m.keys())), bodyPreview(m.body));
}

} // namespace gantry::ui
