# shellcheck shell=bash
# Stand-ins for the functions that devstack offers to plugins. Those that write configuration
# really write it; the others append their name and arguments to the file $CALLS.

function _note { echo "$*" >>"$CALLS"; }

function iniset { "$TEST_PYTHON" "$TEST_INISET" "$@"; }
function sudo { "$@"; }
function define_plugin { _note define_plugin "$@"; }
function enable_service { ENABLED="${ENABLED-$*}"; }
function is_service_enabled { [[ " $ENABLED " == *" $1 "* ]]; }
function echo_summary { :; }
function get_python_exec_prefix { echo "$TEST_PROGRAMS"; }
function database_connection_url { echo "sqlite:///$CYBORG_RR_STATE_PATH/$1.sqlite"; }
function setup_logging { iniset "$1" DEFAULT use_journal True; }
function iniset_rpc_backend { iniset "$2" DEFAULT transport_url rabbit://stackrabbit:secret@192.0.2.1:5672/; }
function configure_keystone_authtoken_middleware { iniset "$1" keystone_authtoken auth_type password; }
function write_uwsgi_config { iniset "$1" uwsgi module "$2"; _note write_uwsgi_config "$@"; }

for name in setup_develop pip_install recreate_database create_service_user get_or_create_service \
    get_or_create_endpoint run_process stop_process remove_uwsgi_config; do
    eval "function $name { _note $name \"\$@\"; }"
done
