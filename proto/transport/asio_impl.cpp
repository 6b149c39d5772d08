// proto/transport/asio_impl.cpp: the bodies of Asio and Beast, compiled here once for the whole tree.
#include <boost/asio/impl/src.hpp>
#include <boost/beast/src.hpp>
