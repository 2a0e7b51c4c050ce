// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

/// Inside of parseFastjson(); includes a heavy header, so only sources of this folder include it.
namespace gantry {

class FastjsonParser
{
public:
    explicit FastjsonParser(std::string_view text)
        : m_text(text)
    {}

    /// Once. On failure problem() says why and position() where.
    [[nodiscard]] nlohmann::json parse();
    [[nodiscard]] std::string_view problem() const { return m_problem; }
    [[nodiscard]] bool limitExceeded() const { return m_limitExceeded; }
    [[nodiscard]] std::size_t position() const { return m_at; }

private:
    using Json = nlohmann::json;

    Json value(std::size_t depth);
    Json object(std::size_t depth);
    Json array(std::size_t depth);
    Json bareWord();
    std::string key(std::size_t depth);
    std::string quoted();
    void escape(std::string& out);
    void skipBlanks();
    char peek();
    bool take(char wanted);
    void stop(std::string_view problem);
    void stopAtLimit(std::string_view problem);

    void resolveReferences(const Json& root, Json& node, std::size_t depth);
    static const Json* follow(const Json& root, std::string_view path);
    bool chargeCopy(const Json& node, std::size_t depth);

    std::string_view m_text;
    std::size_t m_at = 0;
    std::size_t m_values = 0;
    std::string_view m_problem;
    bool m_limitExceeded = false;
    bool m_hasReferences = false;
    std::size_t m_resolved = 0;
    std::size_t m_unresolved = 0;
};

} // namespace gantry
