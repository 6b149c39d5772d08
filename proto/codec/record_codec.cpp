#include "proto/codec/record_codec.h"

#include <utility>

#include "proto/codec/describe_record.h"
#include "proto/codec/wire_reader.h"
#include "proto/codec/wire_writer.h"

namespace troth::codec {
namespace {

template <std::size_t I>
std::optional<Fact> read_fact(std::string_view body) {
  const ReadBounds bounds;
  WireReader reader(body, UnknownFields::kRefuse, bounds);
  std::variant_alternative_t<I, Fact> fact;
  if (!reader.read(fact)) return std::nullopt;
  return Fact(std::move(fact));
}

template <std::size_t... I>
std::optional<Fact> read_kind(std::size_t index, std::string_view body, std::index_sequence<I...>) {
  std::optional<Fact> fact;
  ((index == I ? void(fact = read_fact<I>(body)) : void()), ...);
  return fact;
}

}  // namespace

std::uint16_t kind_of(const Fact& fact) {
  return static_cast<std::uint16_t>(fact.index() + 1);
}

std::string encode(const Fact& fact) {
  return std::visit([](const auto& chosen) { return to_wire(chosen); }, fact);
}

std::optional<Fact> decode_fact(std::uint16_t kind, std::string_view body) {
  constexpr auto kKinds = std::variant_size_v<Fact>;
  if (kind == 0 || kind > kKinds) return std::nullopt;
  return read_kind(kind - 1u, body, std::make_index_sequence<kKinds>{});
}

}  // namespace troth::codec
