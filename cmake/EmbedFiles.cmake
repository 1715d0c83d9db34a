# loadguard_embed(<target> <header> <file>...): makes <header> in the build tree, included as
# "embedded/<header>", with one `static const char <name>[]` per file; the name is the file's own
# name with every other character than a letter or digit as _, and file_ before a digit. The text
# ends with a zero byte.
set(LOADGUARD_EMBED_SCRIPT ${CMAKE_CURRENT_LIST_DIR}/embed.cmake)
function(loadguard_embed target header)
  set(output ${CMAKE_CURRENT_BINARY_DIR}/embedded/${header})
  set(files "")
  foreach(file ${ARGN})
    get_filename_component(file ${file} ABSOLUTE)
    list(APPEND files ${file})
  endforeach()
  string(REPLACE ";" "|" joined "${files}")
  add_custom_command(OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DOUTPUT=${output} "-DFILES=${joined}" -P ${LOADGUARD_EMBED_SCRIPT}
    DEPENDS ${files} ${LOADGUARD_EMBED_SCRIPT} VERBATIM)
  target_sources(${target} PRIVATE ${output})
  target_include_directories(${target} PRIVATE ${CMAKE_CURRENT_BINARY_DIR})
endfunction()
