# `cmake --install`: the program, and the SDK as a package: find_package(troth) → troth::participant, troth::sqlite.
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
