// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/crc32.h"
#include "base/hex.h"
#include "base/limits.h"
#include "message/batch_codec.h"
#include "message/record_codec.h"
#include "protocol/bodies/cluster_info.h"
#include "protocol/bodies/heartbeat_data.h"
#include "protocol/bodies/lock_batch.h"
#include "protocol/bodies/name_lists.h"
#include "protocol/bodies/register_broker_body.h"
#include "protocol/command_codec.h"
#include "protocol/header_codec.h"
#include "protocol/headers/admin_topic.h"
#include "protocol/headers/client_manage.h"
#include "protocol/headers/consumer_send_back.h"
#include "protocol/headers/namesrv.h"
#include "protocol/headers/offset.h"
#include "protocol/headers/pull_message.h"
#include "protocol/headers/query_message.h"
#include "protocol/headers/send_message.h"
#include "support/compare.h"

#include <QDir>
#include <QFile>

#include <cstring>
#include <set>

using namespace gantry;

namespace {

/// Empty when all is well, else what is wrong.
template <typename Header>
std::string checkHeader(const RemotingCommand& command)
{
    const auto header = decodeHeader<Header>(command.fields);
    if (!header) {
        return header.error().message;
    }
    // What we would send in its place says the same wherever we know the field.
    HeaderFields again;
    encodeHeader(*header, again);
    for (std::size_t i = 0; i < again.size(); ++i) {
        if (command.fields.find(again.nameAt(i)) != again.valueAt(i)) {
            return "the field changed: " + std::string(again.nameAt(i));
        }
    }
    return {};
}

std::string problemIn(bool good, const char* what)
{
    return good ? std::string() : std::string(what);
}

std::string checkRequestHeader(const RemotingCommand& command)
{
    switch (command.code) {
    case 11: return checkHeader<PullMessageHeader>(command);
    case 12: return checkHeader<QueryMessageHeader>(command);
    case 14: return checkHeader<QueryConsumerOffsetHeader>(command);
    case 15: return checkHeader<UpdateConsumerOffsetHeader>(command);
    case 17: return checkHeader<CreateTopicHeader>(command);
    case 29: return checkHeader<SearchOffsetHeader>(command);
    case 30: return checkHeader<GetMaxOffsetHeader>(command);
    case 31: return checkHeader<GetMinOffsetHeader>(command);
    case 33: return checkHeader<ViewMessageHeader>(command);
    case 35: return checkHeader<UnregisterClientHeader>(command);
    case 36: return checkHeader<ConsumerSendMsgBackHeader>(command);
    case 38: return checkHeader<GetConsumerListByGroupHeader>(command);
    case 40: return checkHeader<NotifyConsumerIdsChangedHeader>(command);
    case 103: return checkHeader<RegisterBrokerHeader>(command);
    case 104: return checkHeader<UnregisterBrokerHeader>(command);
    case 105: return checkHeader<GetRouteInfoHeader>(command);
    case 310:
    case 320: return checkHeader<SendMessageHeaderV2>(command);
    case 34:
    case 41:
    case 42:
    case 106:
    case 29999: return {};
    default: return "no header is known for code " + std::to_string(command.code);
    }
}

std::string checkRequestBody(const RemotingCommand& command)
{
    switch (command.code) {
    case 34: {
        const auto data = HeartbeatData::decode(command.body);
        return problemIn(data && !data->clientId.empty() && data->consumers.size() + data->producerGroups.size() > 0, "heartbeat");
    }
    case 41:
    case 42: {
        const auto request = LockBatchRequest::decode(command.body);
        return problemIn(request && !request->queues.empty() && !request->queues[0].topic.empty(), "lock request");
    }
    case 103: {
        const auto body = RegisterBrokerBody::decode(command.body);
        const auto header = decodeHeader<RegisterBrokerHeader>(command.fields);
        return problemIn(body && !body->topicTable.topics.empty() && header &&
                             header->bodyCrc32 == storedCrc32(asBytes(command.body)),
                         "registration");
    }
    case 320: {
        const auto items = decodeBatch(command.body);
        return problemIn(items && items->size() > 1 && !items->at(0).body.empty(), "batch");
    }
    default: return {};
    }
}

std::string checkResponse(int requestCode, const RemotingCommand& command)
{
    const auto messages = [&] {
        const auto list = decodeMessages(command.body);
        return problemIn(list && !list->empty() && !list->at(0).topic.empty(), "messages");
    };
    switch (requestCode) {
    case 11: {
        const std::string problem = checkHeader<PullMessageResponseHeader>(command);
        return problem.empty() && command.code == 0 ? messages() : problem;
    }
    case 12: return command.code == 0 ? checkHeader<QueryMessageResponseHeader>(command) + messages() : std::string();
    case 14: return command.code == 0 ? checkHeader<OffsetResponseHeader>(command) : std::string();
    case 29:
    case 30:
    case 31: return checkHeader<OffsetResponseHeader>(command);
    case 33: return messages();
    case 34: return checkHeader<HeartbeatResponseHeader>(command);
    case 38: {
        const auto list = ConsumerIdList::decode(command.body);
        return problemIn(list && !list->consumerIds.empty(), "consumer ids");
    }
    case 41: {
        const auto response = LockBatchResponse::decode(command.body);
        return problemIn(response && !response->lockedQueues.empty(), "locked queues");
    }
    case 103: return checkHeader<RegisterBrokerResponseHeader>(command);
    case 105: {
        const auto route = TopicRouteData::decode(command.body);
        const bool full = route && !route->queueDatas.empty() && !route->brokerDatas.empty();
        const bool same = full && route->encode() == command.body;
        return command.code == 0 ? problemIn(same, "route") : problemIn(command.code == 17, "result of an unknown topic");
    }
    case 106: {
        const auto info = ClusterInfo::decode(command.body);
        return problemIn(info && !info->brokerAddrTable.empty() && info->encode() == command.body, "cluster");
    }
    case 310:
    case 320: return command.code == 0 ? checkHeader<SendMessageResponseHeader>(command) : std::string();
    default: return {};
    }
}

} // namespace

/// Frames that official clients and brokers exchanged.
class TestGoldenFrames : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void decodes_data();
    void decodes();
};

void TestGoldenFrames::decodes_data()
{
    QTest::addColumn<QString>("file");
    const QDir folder(QStringLiteral(GANTRY_TEST_DATA_DIR "/golden"));
    const QStringList files = folder.entryList({QStringLiteral("*.hex")}, QDir::Files, QDir::Name);
    QVERIFY2(files.size() > 50, "the recorded frames are missing");
    for (const QString& file : files) {
        QTest::newRow(qPrintable(file)) << folder.filePath(file);
    }
}

void TestGoldenFrames::decodes()
{
    QFETCH(QString, file);
    QFile input(file);
    QVERIFY(input.open(QIODevice::ReadOnly));
    std::string hex;
    for (const QByteArray& line : input.readAll().split('\n')) {
        if (!line.startsWith('#')) {
            hex += line.trimmed().toStdString();
        }
    }
    const auto bytes = fromHex(hex);
    QVERIFY(bytes);

    FrameDecoder decoder(limits::kFrameBytesMax);
    const MutableByteView room = decoder.prepare(bytes->size());
    std::memcpy(room.data(), bytes->data(), bytes->size());
    decoder.commit(bytes->size());
    const auto frame = decoder.next();
    QVERIFY(frame && *frame);
    const auto decoded = decodeCommand(**frame);
    QVERIFY2(decoded, decoded ? "" : decoded.error().message.c_str());
    const RemotingCommand& command = decoded->command;

    const QString name = file.section(QLatin1Char('/'), -1);
    const int requestCode = name.section(QLatin1Char('-'), 0, 0).toInt();
    std::string problem;
    if (name.contains(QLatin1String("-request"))) {
        QVERIFY(!command.isResponse());
        QCOMPARE(command.code, name.startsWith(QLatin1String("3-unknown")) ? 29999 : requestCode);
        problem = checkRequestHeader(command) + checkRequestBody(command);
    } else {
        QVERIFY(command.isResponse());
        problem = checkResponse(requestCode, command);
    }
    QVERIFY2(problem.empty(), problem.c_str());
    QCOMPARE(decoder.buffered(), std::size_t{0});

    const std::string again = encodeFrame(command);
    const auto reread = decodeCommand(asBytes(again).subspan(4));
    QVERIFY(reread);
    QCOMPARE(reread->command.body, command.body);
    QCOMPARE(reread->command.fields.size(), command.fields.size());
}

QTEST_APPLESS_MAIN(TestGoldenFrames)
#include "tst_golden_frames.moc"
