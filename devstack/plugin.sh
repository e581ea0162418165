# shellcheck shell=bash
# devstack runs this file once for each phase: plugin.sh stack install, ... post-config, ... extra,
# plugin.sh unstack, plugin.sh clean.

# Save devstack's tracing and be quiet while the functions are read.
_cyborg_rr_xtrace=$(set +o | grep xtrace)
set +o xtrace

# The URL that the service catalogue gives to clients.
function cyborg_rr_endpoint {
    if [[ $CYBORG_RR_API_MODE == uwsgi ]]; then
        echo "$SERVICE_PROTOCOL://$SERVICE_HOST/accelerator/v2"
    else
        echo "http://$SERVICE_HOST:$CYBORG_RR_API_PORT/v2"
    fi
}

# Whether any process of ours runs on this node.
function cyborg_rr_is_enabled {
    is_service_enabled cyborg-rr-api || is_service_enabled cyborg-rr-conductor \
        || is_service_enabled cyborg-rr-agent
}

function cyborg_rr_install {
    setup_develop "$CYBORG_RR_DIR"
    if is_service_enabled cyborg-rr-api && [[ $CYBORG_RR_API_MODE == uwsgi ]]; then
        pip_install uwsgi
    fi
}

# What every process needs: the bus, the log, the state.
function cyborg_rr_configure_shared {
    sudo install -d -o "$STACK_USER" "$CYBORG_RR_CONF_DIR" "$CYBORG_RR_STATE_PATH"
    rm -f "$CYBORG_RR_CONF"
    touch "$CYBORG_RR_CONF"
    chmod 600 "$CYBORG_RR_CONF"
    iniset "$CYBORG_RR_CONF" DEFAULT debug "$ENABLE_DEBUG_LOG_LEVEL"
    iniset "$CYBORG_RR_CONF" DEFAULT state_path "$CYBORG_RR_STATE_PATH"
    setup_logging "$CYBORG_RR_CONF"
    iniset_rpc_backend cyborg_rr "$CYBORG_RR_CONF"
}

# What only the processes that open the database get.
function cyborg_rr_configure_database {
    iniset "$CYBORG_RR_CONF" database connection "$(database_connection_url "$CYBORG_RR_DATABASE")"
}

function cyborg_rr_configure_api {
    iniset "$CYBORG_RR_CONF" api auth_strategy keystone
    configure_keystone_authtoken_middleware "$CYBORG_RR_CONF" cyborg_rr
    if [[ $CYBORG_RR_API_MODE == uwsgi ]]; then
        write_uwsgi_config "$CYBORG_RR_UWSGI_CONF" cyborg_rr.wsgi.api:application /accelerator "" \
            cyborg-rr-api
    else
        iniset "$CYBORG_RR_CONF" api host_ip "$SERVICE_LISTEN_ADDRESS"
        iniset "$CYBORG_RR_CONF" api port "$CYBORG_RR_API_PORT"
    fi
}

# How the conductor reaches another service, as devstack tells it: the group of its options.
function cyborg_rr_configure_outside {
    iniset "$CYBORG_RR_CONF" "$1" auth_type password
    iniset "$CYBORG_RR_CONF" "$1" auth_url "$KEYSTONE_SERVICE_URI"
    iniset "$CYBORG_RR_CONF" "$1" username cyborg_rr
    iniset "$CYBORG_RR_CONF" "$1" password "$SERVICE_PASSWORD"
    iniset "$CYBORG_RR_CONF" "$1" user_domain_name "$SERVICE_DOMAIN_NAME"
    iniset "$CYBORG_RR_CONF" "$1" project_name "$SERVICE_TENANT_NAME"
    iniset "$CYBORG_RR_CONF" "$1" project_domain_name "$SERVICE_DOMAIN_NAME"
    iniset "$CYBORG_RR_CONF" "$1" region_name "$REGION_NAME"
}

function cyborg_rr_configure_agent {
    iniset "$CYBORG_RR_CONF" agent enabled_drivers "$CYBORG_RR_DRIVERS"
    if [[ -n $CYBORG_RR_FLEET_FILE ]]; then
        iniset "$CYBORG_RR_CONF" agent fleet_file "$CYBORG_RR_FLEET_FILE"
    fi
}

function cyborg_rr_configure {
    cyborg_rr_configure_shared
    if is_service_enabled cyborg-rr-api || is_service_enabled cyborg-rr-conductor; then
        cyborg_rr_configure_database
    fi
    if is_service_enabled cyborg-rr-api; then
        cyborg_rr_configure_api
    fi
    if is_service_enabled cyborg-rr-conductor && is_service_enabled placement-api; then
        cyborg_rr_configure_outside placement
    fi
    if is_service_enabled cyborg-rr-conductor && is_service_enabled n-api; then
        cyborg_rr_configure_outside nova
    fi
    if is_service_enabled cyborg-rr-agent; then
        cyborg_rr_configure_agent
    fi
}

# The service's user and its entry in the catalogue.
function cyborg_rr_create_accounts {
    create_service_user cyborg_rr admin
    get_or_create_service cyborg_rr accelerator "Accelerator management"
    get_or_create_endpoint accelerator "$REGION_NAME" "$(cyborg_rr_endpoint)"
}

function cyborg_rr_create_database {
    recreate_database "$CYBORG_RR_DATABASE"
    "$CYBORG_RR_BIN_DIR/cyborg-rr-dbsync" --config-file "$CYBORG_RR_CONF" upgrade
}

function cyborg_rr_start {
    local option="--config-file $CYBORG_RR_CONF"
    if [[ $CYBORG_RR_API_MODE == uwsgi ]]; then
        run_process cyborg-rr-api \
            "$CYBORG_RR_BIN_DIR/uwsgi --procname-prefix cyborg-rr-api --ini $CYBORG_RR_UWSGI_CONF"
    else
        run_process cyborg-rr-api "$CYBORG_RR_BIN_DIR/cyborg-rr-api $option"
    fi
    run_process cyborg-rr-conductor "$CYBORG_RR_BIN_DIR/cyborg-rr-conductor $option"
    run_process cyborg-rr-agent "$CYBORG_RR_BIN_DIR/cyborg-rr-agent $option" "" \
        "$CYBORG_RR_AGENT_USER"
}

function cyborg_rr_stop {
    local name
    for name in cyborg-rr-agent cyborg-rr-conductor cyborg-rr-api; do
        stop_process "$name"
    done
}

function cyborg_rr_clean {
    if [[ $CYBORG_RR_API_MODE == uwsgi ]]; then
        remove_uwsgi_config "$CYBORG_RR_UWSGI_CONF" cyborg-rr-api
    fi
    sudo rm -rf "$CYBORG_RR_STATE_PATH" "$CYBORG_RR_CONF_DIR"
}

CYBORG_RR_BIN_DIR=$(get_python_exec_prefix)

if cyborg_rr_is_enabled; then
    case "$1 ${2:-}" in
        "stack install")
            echo_summary "Installing cyborg_rr"
            cyborg_rr_install
            ;;
        "stack post-config")
            echo_summary "Configuring cyborg_rr"
            cyborg_rr_configure
            if is_service_enabled cyborg-rr-api; then
                cyborg_rr_create_accounts
            fi
            if is_service_enabled cyborg-rr-conductor; then
                cyborg_rr_create_database
            fi
            ;;
        "stack extra")
            echo_summary "Starting cyborg_rr"
            cyborg_rr_start
            ;;
        "unstack "*)
            cyborg_rr_stop
            ;;
        "clean "*)
            cyborg_rr_clean
            ;;
    esac
fi

$_cyborg_rr_xtrace
