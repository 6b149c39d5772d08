// proto/values/overloaded.h: lambdas as one visitor, so that a closed variant is answered case by case and a missing
// case does not compile.
#pragma once

namespace troth {

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

}  // namespace troth
