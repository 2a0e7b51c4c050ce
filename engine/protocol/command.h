// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocol/header_fields.h"
#include "protocol/request_code.h"
#include "protocol/response_code.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace gantry {

enum class Language : std::uint8_t {
    Java = 0, Cpp, DotNet, Python, Delphi, Erlang, Ruby, Other, Http, Go, Php, Oms, Rust, NodeJs
};
[[nodiscard]] std::string_view toString(Language language); ///< "JAVA", "CPP", ...
[[nodiscard]] Language languageFromText(std::string_view name); ///< any case; unknown -> Other
[[nodiscard]] Language languageFromNumber(std::int64_t number); ///< the enumerator's value; unknown -> Other

/// The version we announce: Apache's ordinal for V5_3_3, so that peers switch on what we support.
inline constexpr std::int32_t kProtocolVersion = 479;

enum class HeaderEncoding : std::uint8_t { Json = 0, Binary = 1 };

/// One request or response of the remoting protocol. A plain value.
struct RemotingCommand
{
    static constexpr std::int32_t kResponseFlag = 1;
    static constexpr std::int32_t kOnewayFlag = 2;

    std::int32_t code = 0;
    Language language = Language::Java;
    std::int32_t version = kProtocolVersion;
    std::int32_t opaque = 0;       ///< correlates a response with its request; set by the sending side
    std::int32_t flag = 0;
    std::string remark;            ///< human text; empty = null
    HeaderFields fields;
    std::string body;

    [[nodiscard]] bool isResponse() const { return (flag & kResponseFlag) != 0; }
    [[nodiscard]] bool isOneway() const { return (flag & kOnewayFlag) != 0; }

    [[nodiscard]] static RemotingCommand request(RequestCode requestCode);
    /// A response without opaque; whoever sends it fills that in from the request.
    [[nodiscard]] static RemotingCommand response(ResponseCode responseCode, std::string_view remark = {});
};

} // namespace gantry
