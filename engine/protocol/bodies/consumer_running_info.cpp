// SPDX-License-Identifier: Apache-2.0
#include "protocol/bodies/consumer_running_info.h"

#include "protocol/bodies/body_json.h"

namespace gantry {

namespace {

using body::Json;

Json toJson(const ProcessQueueInfo& info)
{
    return {{"cachedMsgCount", info.cachedMsgCount},
            {"cachedMsgMaxOffset", info.cachedMsgMaxOffset},
            {"cachedMsgMinOffset", info.cachedMsgMinOffset},
            {"cachedMsgSizeInMiB", info.cachedMsgSizeInMiB},
            {"commitOffset", info.commitOffset},
            {"droped", info.dropped},
            {"lastConsumeTimestamp", info.lastConsumeTimestamp},
            {"lastLockTimestamp", info.lastLockTimestamp},
            {"lastPullTimestamp", info.lastPullTimestamp},
            {"locked", info.locked},
            {"transactionMsgCount", info.transactionMsgCount},
            {"transactionMsgMaxOffset", info.transactionMsgMaxOffset},
            {"transactionMsgMinOffset", info.transactionMsgMinOffset},
            {"tryUnlockTimes", info.tryUnlockTimes}};
}

ProcessQueueInfo queueInfoFromJson(const Json& json)
{
    ProcessQueueInfo info;
    info.cachedMsgCount = body::integer32(json, "cachedMsgCount");
    info.cachedMsgMaxOffset = body::integer(json, "cachedMsgMaxOffset");
    info.cachedMsgMinOffset = body::integer(json, "cachedMsgMinOffset");
    info.cachedMsgSizeInMiB = body::integer32(json, "cachedMsgSizeInMiB");
    info.commitOffset = body::integer(json, "commitOffset");
    info.dropped = body::boolean(json, "droped", body::boolean(json, "dropped"));
    info.lastConsumeTimestamp = body::integer(json, "lastConsumeTimestamp");
    info.lastLockTimestamp = body::integer(json, "lastLockTimestamp");
    info.lastPullTimestamp = body::integer(json, "lastPullTimestamp");
    info.locked = body::boolean(json, "locked");
    info.transactionMsgCount = body::integer32(json, "transactionMsgCount");
    info.transactionMsgMaxOffset = body::integer(json, "transactionMsgMaxOffset");
    info.transactionMsgMinOffset = body::integer(json, "transactionMsgMinOffset");
    info.tryUnlockTimes = body::integer(json, "tryUnlockTimes");
    return info;
}

Json toJson(const ConsumeStatus& status)
{
    return {{"consumeFailedMsgs", status.consumeFailedMsgs}, {"consumeFailedTPS", status.consumeFailedTps},
            {"consumeOKTPS", status.consumeOkTps},           {"consumeRT", status.consumeRt},
            {"pullRT", status.pullRt},                       {"pullTPS", status.pullTps}};
}

ConsumeStatus statusFromJson(const Json& json)
{
    ConsumeStatus status;
    status.pullRt = body::real(json, "pullRT");
    status.pullTps = body::real(json, "pullTPS");
    status.consumeRt = body::real(json, "consumeRT");
    status.consumeOkTps = body::real(json, "consumeOKTPS");
    status.consumeFailedTps = body::real(json, "consumeFailedTPS");
    status.consumeFailedMsgs = body::integer(json, "consumeFailedMsgs");
    return status;
}

} // namespace

std::string ConsumerRunningInfo::encode() const
{
    Json queues = Json::object();
    for (const auto& [queue, info] : mqTable) {
        queues[objectKey(body::toJson(queue))] = toJson(info);
    }
    Json statuses = Json::object();
    for (const auto& [topic, status] : statusTable) {
        statuses[topic] = toJson(status);
    }
    Json subscriptionSet = Json::array();
    for (const SubscriptionData& subscription : subscriptions) {
        subscriptionSet.push_back(body::toJson(subscription));
    }
    Json json{{"mqPopTable", Json::object()},       {"mqTable", std::move(queues)},
              {"properties", properties},           {"statusTable", std::move(statuses)},
              {"subscriptionSet", std::move(subscriptionSet)}, {"userConsumerInfo", userConsumerInfo}};
    if (!jstack.empty()) {
        json["jstack"] = jstack;
    }
    return dumpFastjson(json);
}

Result<ConsumerRunningInfo> ConsumerRunningInfo::decode(std::string_view text)
{
    GANTRY_TRY(json, body::parseObject(text, "a consumer's running information"));
    ConsumerRunningInfo info;
    info.properties = body::textMap(json, "properties");
    info.userConsumerInfo = body::textMap(json, "userConsumerInfo");
    info.jstack = body::text(json, "jstack");
    body::forEachItem(json, "subscriptionSet",
                      [&](const Json& item) { info.subscriptions.push_back(body::subscriptionFromJson(item)); });
    body::forEachMember(json, "mqTable", [&](const std::string& key, const Json& value) {
        info.mqTable[body::messageQueueFromKey(key)] = queueInfoFromJson(value);
    });
    body::forEachMember(json, "statusTable",
                        [&](const std::string& topic, const Json& value) { info.statusTable[topic] =
                            statusFromJson(value); });
    return info;
}

std::string_view toString(ConsumeResultCode code)
{
    switch (code) {
    case ConsumeResultCode::Success: return "CR_SUCCESS";
    case ConsumeResultCode::Later: return "CR_LATER";
    case ConsumeResultCode::Rollback: return "CR_ROLLBACK";
    case ConsumeResultCode::Commit: return "CR_COMMIT";
    case ConsumeResultCode::ThrowException: return "CR_THROW_EXCEPTION";
    case ConsumeResultCode::ReturnNull: return "CR_RETURN_NULL";
    }
    return "CR_RETURN_NULL";
}

std::string ConsumeMessageDirectlyResult::encode() const
{
    Json json{{"autoCommit", autoCommit},
              {"consumeResult", toString(consumeResult)},
              {"order", order},
              {"spentTimeMills", spentTimeMillis}};
    if (!remark.empty()) {
        json["remark"] = remark;
    }
    return dumpFastjson(json);
}

Result<ConsumeMessageDirectlyResult> ConsumeMessageDirectlyResult::decode(std::string_view text)
{
    GANTRY_TRY(json, body::parseObject(text, "a direct consume result"));
    ConsumeMessageDirectlyResult result;
    result.order = body::boolean(json, "order");
    result.autoCommit = body::boolean(json, "autoCommit", true);
    const int index = body::enumIndex(
        json, "consumeResult", {"CR_SUCCESS", "CR_LATER", "CR_ROLLBACK", "CR_COMMIT", "CR_THROW_EXCEPTION",
            "CR_RETURN_NULL"});
    result.consumeResult = index < 0 ? ConsumeResultCode::ReturnNull : static_cast<ConsumeResultCode>(index);
    result.remark = body::text(json, "remark");
    result.spentTimeMillis = body::integer(json, "spentTimeMills");
    return result;
}

} // namespace gantry
