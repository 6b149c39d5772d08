# `cmake --install`: the programs, their manual pages and completions, and the SDK as a package: find_package(troth) → troth::participant, troth::sqlite.
# Included last, when every target is known.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/troth)
if(TARGET trothd)
  install(TARGETS trothd RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
if(TARGET trothctl)
  install(TARGETS trothctl RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
if(TARGET troth_participant)
  set(sdk_libraries troth_participant)
  if(TARGET troth_sqlite)
    list(APPEND sdk_libraries troth_sqlite)
  endif()
  install(TARGETS ${sdk_libraries} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(DIRECTORY participant-sdk/include/troth DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
          FILES_MATCHING PATTERN "*.h" PATTERN ids.h EXCLUDE)
  # In the tree troth/ids.h leads to the one list of ids; installed, it is that list.
  install(FILES proto/values/ids.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/troth)
  configure_package_config_file(cmake/trothConfig.cmake.in ${CMAKE_BINARY_DIR}/trothConfig.cmake
                                INSTALL_DESTINATION ${package_dir} PATH_VARS CMAKE_INSTALL_INCLUDEDIR CMAKE_INSTALL_LIBDIR)
  write_basic_package_version_file(${CMAKE_BINARY_DIR}/trothConfigVersion.cmake COMPATIBILITY SameMinorVersion)
  install(FILES ${CMAKE_BINARY_DIR}/trothConfig.cmake ${CMAKE_BINARY_DIR}/trothConfigVersion.cmake
          DESTINATION ${package_dir})
endif()

# Manual pages, where scdoc is there to make them.
find_program(SCDOC scdoc)
if(SCDOC)
  set(man_pages "")
  foreach(page trothctl.1 trothd.8)
    set(source ${CMAKE_SOURCE_DIR}/docs/man/${page}.scd)
    set(made ${CMAKE_BINARY_DIR}/man/${page})
    add_custom_command(OUTPUT ${made}
      COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/man
      COMMAND ${SCDOC} < ${source} > ${made}
      DEPENDS ${source} COMMENT "Manual page ${page}" VERBATIM)
    list(APPEND man_pages ${made})
    string(REGEX REPLACE ".*\\." "" section ${page})
    install(FILES ${made} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section} OPTIONAL)
  endforeach()
  add_custom_target(man ALL DEPENDS ${man_pages})
endif()

# What Tab completes: trothctl prints the scripts itself.
if(TARGET trothctl)
  set(completions "")
  foreach(place bash:bash-completion/completions/trothctl zsh:zsh/site-functions/_trothctl fish:fish/vendor_completions.d/trothctl.fish)
    string(REGEX REPLACE ":.*" "" shell ${place})
    string(REGEX REPLACE "^[a-z]*:" "" path ${place})
    set(made ${CMAKE_BINARY_DIR}/completions/${path})
    get_filename_component(made_folder ${made} DIRECTORY)
    get_filename_component(folder ${path} DIRECTORY)
    add_custom_command(OUTPUT ${made}
      COMMAND ${CMAKE_COMMAND} -E make_directory ${made_folder}
      COMMAND trothctl completion ${shell} > ${made}
      DEPENDS trothctl COMMENT "Completion for ${shell}" VERBATIM)
    list(APPEND completions ${made})
    install(FILES ${made} DESTINATION ${CMAKE_INSTALL_DATADIR}/${folder} OPTIONAL)
  endforeach()
  add_custom_target(completions ALL DEPENDS ${completions})
endif()
