// SPDX-License-Identifier: GPL-3.0-or-later
#include "send_frame.h"

#include "base/assert.h"
#include "base/byte_cursor.h"
#include "message/batch_codec.h"
#include "protocol/command_codec.h"

#include <unistd.h>

#include <charconv>

namespace gantry::bench {

namespace {

constexpr std::string_view kBornPlaceholder = "1234567890123"; // 13 digits until the year 2286
constexpr std::string_view kOpaquePlaceholder = "1987654321";
constexpr std::uint64_t kNumberPlaceholder = 0xFACE'0000'0000'0000;

std::string hexNumber(std::uint64_t number)
{
    return fmt::format("{:016X}", number);
}

void writeHex(char* at, std::uint64_t number)
{
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    for (std::size_t i = kNumberDigits; i-- > 0; number >>= 4) {
        at[i] = kDigits[number & 15];
    }
}

void writeDecimal(char* at, int digits, std::int64_t number)
{
    for (int i = digits; i-- > 0; number /= 10) {
        at[i] = static_cast<char>('0' + number % 10);
    }
}

/// What clients send: a unique key of the process and the message, perhaps keys, WAIT.
Message makeMessage(const Options& options, std::size_t item)
{
    Message message;
    message.topic = options.topic;
    const auto number = hexNumber(kNumberPlaceholder + item);
    message.properties.set(property::kUniqueKey, fmt::format("{:016X}{}", ::getpid(), number));
    if (options.hasKeys) {
        message.properties.set(property::kKeys, number);
    }
    message.properties.set(property::kWaitStoreOk, "true");
    message.properties.set(property::kTags, "TagA");
    message.body = number;
    while (message.body.size() < options.bodyBytes) {
        message.body += static_cast<char>('a' + (message.body.size() * 7) % 26);
    }
    return message;
}

RemotingCommand makeRequest(const Options& options, const std::vector<Message>& messages, std::string_view queue)
{
    const bool isBatch = options.batch > 1;
    auto request = RemotingCommand::request(isBatch ? RequestCode::SendBatchMessage : RequestCode::SendMessageV2);
    auto& fields = request.fields;
    fields.add("a", "gantry_bench_producer");
    fields.add("b", options.topic);
    fields.add("c", "TBW102");
    fields.add("d", "4");
    fields.add("e", queue);
    fields.add("f", "0");
    fields.add("g", kBornPlaceholder);
    fields.add("h", "0");
    fields.add("i", isBatch ? std::string("WAIT\x01true\x02") : messages.front().properties.encode());
    fields.add("j", "0");
    fields.add("k", "false");
    fields.add("m", isBatch ? "true" : "false");
    request.body = isBatch ? encodeBatch(messages) : messages.front().body;
    std::from_chars(kOpaquePlaceholder.data(), kOpaquePlaceholder.data() + kOpaquePlaceholder.size(), request.opaque);
    return request;
}

std::size_t onlyPlace(const std::string& bytes, std::string_view wanted)
{
    const auto at = bytes.find(wanted);
    GANTRY_ASSERT(at != std::string::npos && bytes.find(wanted, at + 1) == std::string::npos,
                  "'{}' must stand once in a frame", wanted);
    return at;
}

} // namespace

bool parseNumber(std::string_view body, std::uint64_t& number)
{
    if (body.size() < kNumberDigits) {
        return false;
    }
    const auto* end = body.data() + kNumberDigits;
    const auto [stop, error] = std::from_chars(body.data(), end, number, 16);
    return error == std::errc{} && stop == end;
}

SendFrame::SendFrame(const Options& options, int queueDigits)
    : m_encoding(options.encoding)
    , m_queueDigits(queueDigits)
{
    std::vector<Message> messages;
    for (int i = 0; i < options.batch; ++i) {
        messages.push_back(makeMessage(options, static_cast<std::size_t>(i)));
    }
    const std::string queue = std::string("98765").substr(0, static_cast<std::size_t>(queueDigits));
    // The queue id alone is not unique in the frame, but it begins where a marked one would.
    const std::string marked = "<" + queue + ">";
    m_queueAt = onlyPlace(encodeFrame(makeRequest(options, messages, marked), m_encoding), marked);
    m_bytes = encodeFrame(makeRequest(options, messages, queue), m_encoding);
    GANTRY_ASSERT(m_bytes.compare(m_queueAt, queue.size(), queue) == 0, "the queue id is not where it was");
    m_bornAt = onlyPlace(m_bytes, kBornPlaceholder);
    if (m_encoding == HeaderEncoding::Json) {
        m_opaqueAt = onlyPlace(m_bytes, kOpaquePlaceholder);
    } else {
        m_opaqueAt = 4 + 4 + 2 + 1 + 2; // length, header length, code, language, version
    }
    m_items.resize(messages.size());
    for (std::size_t i = 0; i < messages.size(); ++i) {
        const auto number = hexNumber(kNumberPlaceholder + i);
        for (auto at = m_bytes.find(number); at != std::string::npos; at = m_bytes.find(number, at + 1)) {
            m_items[i].numbersAt.push_back(at);
        }
        GANTRY_ASSERT(m_items[i].numbersAt.size() == (options.hasKeys ? 3U : 2U), "a message's number is missing");
    }
}

void SendFrame::append(std::string& out, std::int32_t opaque, int queue, std::uint64_t firstNumber,
                       std::int64_t bornMs) const
{
    const auto begin = out.size();
    out.append(m_bytes);
    char* frame = out.data() + begin;
    if (m_encoding == HeaderEncoding::Json) {
        writeDecimal(frame + m_opaqueAt, static_cast<int>(kOpaquePlaceholder.size()), opaque);
    } else {
        storeBig(reinterpret_cast<std::byte*>(frame + m_opaqueAt), opaque);
    }
    writeDecimal(frame + m_queueAt, m_queueDigits, queue);
    writeDecimal(frame + m_bornAt, static_cast<int>(kBornPlaceholder.size()), bornMs);
    for (std::size_t i = 0; i < m_items.size(); ++i) {
        for (const auto at : m_items[i].numbersAt) {
            writeHex(frame + at, firstNumber + i);
        }
    }
}

SendFrames::SendFrames(const Options& options)
{
    for (int digits = 1; digits <= 5; ++digits) {
        m_byDigits.emplace_back(options, digits);
    }
}

const SendFrame& SendFrames::forQueue(int queue) const
{
    std::size_t digits = 1;
    for (; queue >= 10; queue /= 10) {
        ++digits;
    }
    return m_byDigits[digits - 1];
}

} // namespace gantry::bench
