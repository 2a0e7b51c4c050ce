// SPDX-License-Identifier: Apache-2.0
#include "protocol/command.h"

#include <algorithm>
#include <array>
#include <utility>

namespace gantry {

namespace {

constexpr std::array<std::string_view, 14> kLanguages{"JAVA", "CPP",  "DOTNET", "PYTHON", "DELPHI", "ERLANG", "RUBY",
                                                      "OTHER", "HTTP", "GO",     "PHP",    "OMS",    "RUST",
                                                          "NODE_JS"};

bool equalsIgnoringCase(std::string_view a, std::string_view b)
{
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
        const auto upper = [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; };
        return upper(x) == upper(y);
    });
}

} // namespace

std::string_view toString(Language language)
{
    const auto index = static_cast<std::size_t>(language);
    return index < kLanguages.size() ? kLanguages[index] : toString(Language::Other);
}

Language languageFromText(std::string_view name)
{
    for (std::size_t i = 0; i < kLanguages.size(); ++i) {
        if (equalsIgnoringCase(kLanguages[i], name)) {
            return static_cast<Language>(i);
        }
    }
    return Language::Other;
}

Language languageFromNumber(std::int64_t number)
{
    return number >= 0 && std::cmp_less(number, kLanguages.size()) ? static_cast<Language>(number) : Language::Other;
}

RemotingCommand RemotingCommand::request(RequestCode requestCode)
{
    RemotingCommand command;
    command.code = static_cast<std::int32_t>(requestCode);
    return command;
}

RemotingCommand RemotingCommand::response(ResponseCode responseCode, std::string_view remark)
{
    RemotingCommand command;
    command.code = static_cast<std::int32_t>(responseCode);
    command.flag = kResponseFlag;
    command.remark = remark;
    return command;
}

} // namespace gantry
