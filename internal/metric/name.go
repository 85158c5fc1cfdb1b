package metric

// The metrics that Amazon IVS Chat puts into CloudWatch (behaviour.md §7), under the
// names Prometheus would give them and with the same dimensions as labels.
const (
	ConcurrentChatConnections            = "ivschat_concurrent_chat_connections"                     // gauge
	MessagingRequests                    = "ivschat_messaging_requests_total"                        //
	MessagingDeliveries                  = "ivschat_messaging_deliveries_total"                      //
	Requests                             = "ivschat_requests_total"                                  // action
	Deliveries                           = "ivschat_deliveries_total"                                // action
	InvocationErrors                     = "ivschat_invocation_errors_total"                         // uri
	ResponseValidationErrors             = "ivschat_response_validation_errors_total"                // uri
	LogDestinationErrors                 = "ivschat_log_destination_errors_total"                    // logging_configuration
	LogDestinationAccessDeniedError      = "ivschat_log_destination_access_denied_error_total"       // logging_configuration
	LogDestinationResourceNotFoundErrors = "ivschat_log_destination_resource_not_found_errors_total" // logging_configuration
)

// Values of the label action: the four ways to put something into a room.
const (
	ActionSendMessage    = "SendMessage"
	ActionDeleteMessage  = "DeleteMessage"
	ActionDisconnectUser = "DisconnectUser"
	ActionSendEvent      = "SendEvent"
)

// What an operator needs besides.
const (
	APIRequestSeconds = "parlor_api_request_seconds"  // histogram: operation, status
	QuotaRefusals     = "parlor_quota_refusals_total" // quota
	TokensMinted      = "parlor_tokens_minted_total"

	Handshakes     = "parlor_handshakes_total"  // outcome: accepted, unauthorized, forbidden, …
	Disconnects    = "parlor_disconnects_total" // reason: client, user_disconnected, expired, slow, drain, …
	Refusals       = "parlor_refusals_total"    // code: that of the ERROR entity
	LoopTurns      = "parlor_loop_turn_seconds" // histogram
	LiveRooms      = "parlor_live_rooms"        // gauge: rooms with members on this node
	NATSConnected  = "parlor_nats_connected"    // gauge: 1 when this node talks to NATS
	ClusterMembers = "parlor_cluster_members"   // gauge: live nodes as this one sees them

	ReviewSeconds       = "parlor_review_seconds"               // histogram: result
	ReviewFailures      = "parlor_review_failures_total"        // class
	ReviewFunctionError = "parlor_review_function_errors_total" // uri: what Lambda counts as Errors

	LogRecords      = "parlor_log_records_total"        // handed over by rooms of this node
	LogOverflows    = "parlor_log_overflows_total"      // times the buffer before the stream gave up its oldest
	LogDropped      = "parlor_log_dropped_total"        // reason: malformed, rejected
	LogStreamLost   = "parlor_log_stream_lost_total"    // records given up because a bound bit
	LogStreamQueued = "parlor_log_stream_queued_bytes"  // gauge: not yet on disk
	LogStreamBytes  = "parlor_log_stream_bytes"         // gauge: on disk, not yet delivered
	LogDelivered    = "parlor_log_delivered_total"      // destination: s3, cloudwatchlogs, firehose, file
	LogBatchSeconds = "parlor_log_batch_seconds"        // histogram: destination
	LogBacklog      = "parlor_log_backlog_records"      // gauge: taken from the stream, not yet delivered
	LogLagSeconds   = "parlor_log_lag_seconds"          // gauge: age of the oldest of them
	LogPaused       = "parlor_log_destinations_backoff" // gauge: destinations waiting to be tried again
)
