# loadguard_library(<folder> SOURCES <file>... [DEPENDS <folder>...] [PACKAGES <imported target>...])
# One static library per folder. DEPENDS are the only folders that its files may include.
function(loadguard_library folder)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS;PACKAGES" ${ARGN})
  add_library(lg_${folder} STATIC ${ARG_SOURCES})
  target_include_directories(lg_${folder} PUBLIC ${CMAKE_SOURCE_DIR})
  target_link_libraries(lg_${folder} PRIVATE loadguard_warnings PUBLIC loadguard_instrumentation)
  foreach(dependency ${ARG_DEPENDS})
    target_link_libraries(lg_${folder} PUBLIC lg_${dependency})
  endforeach()
  target_link_libraries(lg_${folder} PRIVATE ${ARG_PACKAGES})
endfunction()

# loadguard_unit_test(<folder> <file> [LIBRARIES <target>...] [LABELS ...]): tests/unit/<folder>/test_<file>.c
function(loadguard_unit_test folder file)
  cmake_parse_arguments(ARG "" "TIMEOUT" "LIBRARIES;LABELS" ${ARGN})
  set(target test_${folder}_${file})
  add_executable(${target} ${CMAKE_SOURCE_DIR}/tests/unit/${folder}/test_${file}.c)
  target_link_libraries(${target} PRIVATE lg_${folder} PkgConfig::CMOCKA loadguard_warnings
    ${ARG_LIBRARIES})
  add_test(NAME unit/${folder}/${file} COMMAND ${target})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  set_tests_properties(unit/${folder}/${file} PROPERTIES TIMEOUT ${ARG_TIMEOUT}
    LABELS "unit;${ARG_LABELS}")
endfunction()
