# Warnings are errors; a release is hardened; the sanitizers are a choice of the preset.
add_library(canaryd_flags INTERFACE)
target_compile_options(canaryd_flags INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror
                                               -ffile-prefix-map=${PROJECT_SOURCE_DIR}=.)
# g++ 12 warns falsely where it inlines std::string and variants (GCC bugs 105329, 105562); clang does not know the names.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(canaryd_flags INTERFACE -Wno-restrict -Wno-maybe-uninitialized)
else()  # clang (the fuzz targets): libstdc++ 12's stable_sort calls what C++20 has deprecated.
  target_compile_options(canaryd_flags INTERFACE -Wno-deprecated-declarations)
endif()
target_include_directories(canaryd_flags INTERFACE ${PROJECT_SOURCE_DIR}/include ${PROJECT_BINARY_DIR}/include)
target_compile_definitions(canaryd_flags INTERFACE $<$<CONFIG:Release>:_GLIBCXX_ASSERTIONS>)
target_link_libraries(canaryd_flags INTERFACE Threads::Threads)

if(CANARYD_SANITIZE)
  target_compile_options(canaryd_flags INTERFACE -fsanitize=${CANARYD_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(canaryd_flags INTERFACE -fsanitize=${CANARYD_SANITIZE})
  if(CANARYD_SANITIZE MATCHES "undefined")
    target_compile_options(canaryd_flags INTERFACE -fno-sanitize-recover=undefined)
  endif()
else()
  target_compile_options(canaryd_flags INTERFACE
    $<$<CONFIG:Release>:-fstack-protector-strong -fstack-clash-protection -fcf-protection=full -U_FORTIFY_SOURCE
    -D_FORTIFY_SOURCE=3>)
  target_link_options(canaryd_flags INTERFACE $<$<CONFIG:Release>:-pie -Wl,-z,relro,-z,now,-z,noexecstack>)
endif()

configure_file(${PROJECT_SOURCE_DIR}/cmake/version.hpp.in ${PROJECT_BINARY_DIR}/include/canaryd/base/version.hpp @ONLY)
