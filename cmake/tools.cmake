# Compiler flags and the tools that make building quick, used when they are there.
find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()
find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()

add_compile_options(-Wall -Wextra -Werror -Wshadow -Wnon-virtual-dtor -fvisibility=hidden -fvisibility-inlines-hidden)
# g++ 12 reports uninitialised and dangling uses inside the standard library and Asio that are not there (GCC PR105329,
# PR105651 and kin); clang-tidy looks for the real ones.
add_compile_options(-Wno-maybe-uninitialized -Wno-restrict)
add_compile_definitions(_GLIBCXX_ASSERTIONS)

# No build type: what a newcomer wants while working, quick to build and readable in a debugger.
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1")
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O1 -g1")
# The sanitizer presets: what UndefinedBehaviorSanitizer adds takes the optimizer twice as long as the rest of the file.
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g1")

if(TROTH_SANITIZE)
  add_compile_options(-fsanitize=${TROTH_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${TROTH_SANITIZE})
  if(TROTH_SANITIZE STREQUAL "thread")
    add_compile_options(-Wno-tsan)  # Asio has fences, which this sanitizer does not see; its locks are seen
  endif()
endif()

# Tests of metrics and alerts run the real ones; `./dev setup` takes them out of Debian's package.
find_program(TROTH_PROMETHEUS prometheus HINTS ${CMAKE_SOURCE_DIR}/build/tools/prometheus/usr/bin)
find_program(TROTH_PROMTOOL promtool HINTS ${CMAKE_SOURCE_DIR}/build/tools/prometheus/usr/bin)

# Two compilers of Beast at once fill a small machine: at most one such translation unit at a time.
set_property(GLOBAL PROPERTY JOB_POOLS heavy=1)

# troth_library(name SOURCES... LIBS...): a static library of this tree; includes are written from the top.
function(troth_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name} PUBLIC ${ARG_LIBS})
endfunction()

# troth_test(name LABEL l SOURCES... LIBS...): one GoogleTest program, known to ctest test by test. Its tests are
# called <name>/Suite.Case and carry the label (unit); the target tests_<label> builds all programs of a label.
function(troth_test name)
  cmake_parse_arguments(ARG "" "LABEL;TIMEOUT" "SOURCES;LIBS" ${ARGN})
  if(NOT ARG_LABEL)
    set(ARG_LABEL unit)
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
  target_compile_definitions(${name} PRIVATE TROTH_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  target_link_libraries(${name} PRIVATE ${ARG_LIBS} GTest::gtest GTest::gtest_main)
  include(GoogleTest)
  if(NOT TARGET tests_${ARG_LABEL})
    add_custom_target(tests_${ARG_LABEL})
  endif()
  add_dependencies(tests_${ARG_LABEL} ${name})
  gtest_discover_tests(${name} TEST_PREFIX ${name}/ PROPERTIES LABELS ${ARG_LABEL} TIMEOUT ${ARG_TIMEOUT} DISCOVERY_TIMEOUT 60)
endfunction()
