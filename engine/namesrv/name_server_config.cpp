// SPDX-License-Identifier: Apache-2.0
#include "namesrv/name_server.h"

#include "message/host_address.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace gantry {

namespace {

Result<std::int64_t> parseNumber(std::string_view key, std::string_view text, std::int64_t min,
                                 std::int64_t max)
{
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < min || value > max) {
        return fail(Errc::InvalidArgument, "{}={}: expected a whole number from {} to {}", key,
                    text, min, max);
    }
    return value;
}

Result<bool> parseSwitch(std::string_view key, std::string_view text)
{
    if (text != "true" && text != "false") {
        return fail(Errc::InvalidArgument, "{}={}: expected true or false", key, text);
    }
    return text == "true";
}

struct Switch
{
    std::string_view key;
    bool NameServerConfig::*member;
};
constexpr std::array<Switch, 5> kSwitches{{
    {"orderMessageEnable", &NameServerConfig::orderMessageEnable},
    {"returnOrderTopicConfigToBroker", &NameServerConfig::returnOrderTopicConfigToBroker},
    {"enableTopicList", &NameServerConfig::enableTopicList},
    {"enableAllTopicList", &NameServerConfig::enableAllTopicList},
    {"deleteTopicWithBrokerRegistration", &NameServerConfig::deleteTopicWithBrokerRegistration},
}};

const Switch* switchNamed(std::string_view key)
{
    const auto found = std::ranges::find(kSwitches, key, &Switch::key);
    return found == kSwitches.end() ? nullptr : &*found;
}

} // namespace

Result<NameServerConfig> NameServerConfig::fromProperties(const PropertyTable& table,
                                                          std::vector<std::string>* unknownKeys)
{
    NameServerConfig config;
    for (const auto& [key, value] : table) {
        if (const Switch* known = switchNamed(key)) {
            GANTRY_TRY(isOn, parseSwitch(key, value));
            config.*(known->member) = isOn;
        } else if (key == "listenPort") {
            GANTRY_TRY(port, parseNumber(key, value, 0, std::numeric_limits<std::uint16_t>::max()));
            config.port = static_cast<std::uint16_t>(port);
        } else if (key == "bindAddress") {
            if (!HostAddress::parse(value.find(':') == std::string::npos ? value + ":0"
                                                                         : "[" + value + "]:0")) {
                return fail(Errc::InvalidArgument,
                            "{}={}: expected a numeric address, e.g. 127.0.0.1 or 0.0.0.0", key,
                            value);
            }
            config.bindAddress = value;
        } else if (key == "kvConfigPath") {
            config.kvConfigPath = value;
        } else if (key == "scanNotActiveBrokerInterval") {
            GANTRY_TRY(interval, parseNumber(key, value, 10, 3'600'000));
            config.scanInterval = std::chrono::milliseconds(interval);
        } else if (unknownKeys != nullptr) {
            unknownKeys->push_back(key);
        }
    }
    return config;
}

PropertyTable NameServerConfig::toProperties() const
{
    PropertyTable table;
    for (const Switch& known : kSwitches) {
        table[std::string(known.key)] = this->*(known.member) ? "true" : "false";
    }
    table["listenPort"] = std::to_string(port);
    table["bindAddress"] = bindAddress;
    table["kvConfigPath"] = kvConfigPath.string();
    table["scanNotActiveBrokerInterval"] = std::to_string(scanInterval.count());
    return table;
}

Result<> NameServerConfig::change(const PropertyTable& changes)
{
    NameServerConfig changed = *this;
    for (const auto& [key, value] : changes) {
        const Switch* known = switchNamed(key);
        if (known == nullptr) {
            std::string names;
            for (const Switch& possible : kSwitches) {
                names += names.empty() ? "" : ", ";
                names += possible.key;
            }
            return fail(Errc::PermissionDenied,
                        "the key '{}' cannot be changed while the NameServer runs; these can: {}. "
                        "Put others into its file and "
                        "restart it",
                        key, names);
        }
        GANTRY_TRY(isOn, parseSwitch(key, value));
        changed.*(known->member) = isOn;
    }
    *this = changed;
    return {};
}

} // namespace gantry
