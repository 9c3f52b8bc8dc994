package capture

// CamerasAt is Cameras for another folder of devices.
var CamerasAt = camerasAt
