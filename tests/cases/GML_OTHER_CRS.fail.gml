<f:FeatureCollection xmlns:f="http://www.opengis.net/gml" xmlns:gml="http://www.opengis.net/gml">
<gml:featureMember><f:sgrada><f:ref>S-0</f:ref><gml:Polygon srsName="EPSG:7801"><gml:exterior><gml:LinearRing><gml:posList>523384.0 4791263.0 523394.0 4791263.0 523394.0 4791273.0 523384.0 4791273.0 523384.0 4791263.0</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></f:sgrada></gml:featureMember>
<gml:featureMember><f:sgrada><f:ref>S-1</f:ref><gml:Polygon srsName="EPSG:32635"><gml:exterior><gml:LinearRing><gml:posList>523404.0 4791263.0 523414.0 4791263.0 523414.0 4791273.0 523404.0 4791273.0 523404.0 4791263.0</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></f:sgrada></gml:featureMember>
</f:FeatureCollection>
