// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

namespace gantry {

template <typename Signature>
class UniqueFunction;

/// A callable that can own move-only state; std::move_only_function is not in C++20.
template <typename R, typename... Args>
class UniqueFunction<R(Args...)>
{
public:
    UniqueFunction() = default;
    UniqueFunction(std::nullptr_t) {} // NOLINT: implicit on purpose

    template <typename F>
        requires(!std::is_same_v<std::remove_cvref_t<F>, UniqueFunction> &&
                 std::is_invocable_r_v<R, F&, Args...>)
    UniqueFunction(F&& callable) // NOLINT: implicit on purpose, like std::function
        : m_target(std::make_unique<Holder<std::decay_t<F>>>(std::forward<F>(callable)))
    {}

    R operator()(Args... args) const { return m_target->call(std::forward<Args>(args)...); }
    explicit operator bool() const { return m_target != nullptr; }

private:
    struct Callable
    {
        virtual ~Callable() = default;
        virtual R call(Args... args) = 0;
    };
    template <typename F>
    struct Holder final : Callable
    {
        template <typename U>
        explicit Holder(U&& callable)
            : target(std::forward<U>(callable))
        {}
        R call(Args... args) override { return target(std::forward<Args>(args)...); }
        F target;
    };
    std::unique_ptr<Callable> m_target;
};

} // namespace gantry
