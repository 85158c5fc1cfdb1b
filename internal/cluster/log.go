package cluster

func (n *Node) logName() string { return n.cfg.Name + "-log" }
